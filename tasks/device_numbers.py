"""Numbers for new devices of VMs, chosen where others choose too.

The one refusal that a body cures itself, since only it knows the next number.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any

from tasks.engine.declaration.suspensions import Call, Suspension
from xenserver import errors

AUTODETECT = "autodetect"

ATTEMPTS = 64
"""How often somebody else may be faster; each time one of those who choose at once is served."""


def on_a_free_number(
    free: Callable[[], Sequence[str]], create: Callable[[str], Call]
) -> Generator[Suspension, Any, tuple[str, str]]:
    """Make a device with the first number that is free; when it is taken meanwhile, with the next.

    Gives the number and what was made. Raises Refused (INVALID_DEVICE) when no number is free.
    """
    for _ in range(ATTEMPTS):
        numbers = free()
        if not numbers:
            break
        try:
            made = yield create(numbers[0])
        except errors.Refused as refused:
            if refused.code != "DEVICE_ALREADY_EXISTS":
                raise
        else:
            return numbers[0], made
    text = "the VM has no free device number; destroy one of its devices first"
    raise errors.from_api("INVALID_DEVICE", [AUTODETECT], text=text)
