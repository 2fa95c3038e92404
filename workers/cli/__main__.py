"""`python -m workers.cli`: the command line without its script."""

import sys

from workers.cli import main

if __name__ == "__main__":
    sys.exit(main())
