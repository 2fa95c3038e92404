"""The golden list of all released names and fields of messages, and of required fields.

`make released` adds what is new, and never removes anything.
"""

import json
import sys
from pathlib import Path
from typing import Any

from config.settings import Settings
from tasks.engine.declaration import catalogue
from workers import loader

FILE = Path(__file__).with_name("wire_names.json")

Names = dict[str, dict[str, Any]]
"""Map a wire name to "takes" (field to "required" or "optional") and "answers" (fields)."""


def released() -> Names:
    """Return the golden list."""
    names: Names = json.loads(FILE.read_text(encoding="utf-8"))
    return names


def current() -> Names:
    """Return the names and fields of the catalogue, in the same form."""
    loader.load(Settings())
    return {
        operation.name: {
            "takes": {
                name: "required" if field.is_required() else "optional"
                for name, field in sorted(operation.model.model_fields.items())
            },
            "answers": sorted(operation.answer.model_fields),
        }
        for operation in catalogue.everything()
    }


def enter() -> None:
    """Add new names, and new fields of known ones."""
    names = released() if FILE.exists() else {}
    for name, now in current().items():
        known = names.setdefault(name, {"takes": {}, "answers": []})
        known["takes"] = now["takes"] | known["takes"]
        known["answers"] = sorted({*known["answers"], *now["answers"]})
    FILE.write_text(json.dumps(names, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["enter"]:
            enter()
        case _:
            sys.stdout.write(json.dumps(current()))
