"""The processes: workers, poller, reconciler, command line and demo.

The top layer but for the command line.
"""
