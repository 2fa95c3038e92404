"""Numbers for new devices of VMs, chosen where others choose too.

The one refusal that a body cures itself, since only it knows the next number.
"""

import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

from tasks.engine.declaration.suspensions import Call, Suspension
from xenserver import errors

AUTODETECT = "autodetect"

ATTEMPTS = 64
"""How often somebody else may be faster; each time one of those who choose at once is served."""

_DRIVE = re.compile(r"(?:xvd|sd|hd)([a-z]{1,2})")
_SHOWN = 16


def of_drives(devices: Iterable[str]) -> list[str]:
    """Return the numbers of drives that may be named as a guest names them: 0 for xvda."""
    return [_number_of(named[1]) if (named := _DRIVE.fullmatch(d)) else d for d in devices]


def _number_of(letters: str) -> str:
    count = 0
    for letter in letters:
        count = count * 26 + ord(letter) - ord("a") + 1
    return str(count - 1)


def given(devices: Iterable[str]) -> list[str]:
    """Return those of the numbers that are not left to be chosen."""
    wanted = [device for device in devices if device != AUTODETECT]
    return [str(int(device)) if device.isdecimal() else device for device in wanted]


def check_apart(devices: Iterable[str]) -> None:
    """Raise ValueError where two devices of one VM have the same number."""
    twice = [one for one, count in Counter(given(devices)).items() if count > 1]
    if twice:
        message = f"device {twice[0]} is given twice; each needs a number of its own"
        raise ValueError(message)


def check_free(devices: Sequence[str], free: Sequence[str], what: str) -> None:
    """Refuse devices for which a VM has no number: one that is taken, or none, or too many.

    A number beyond those that XenServer offers is left to XenServer, which may take it.
    """
    last = max(map(int, free), default=-1)
    for device in given(devices):
        if not device.isdecimal():
            raise errors.from_api("INVALID_DEVICE", [device])
        if device not in free and int(device) <= last:
            text = f"device {device} of the VM is taken; free are {_listed(free)}, or autodetect"
            raise errors.from_api("DEVICE_ALREADY_EXISTS", [device], text=text)
    chosen = len(devices) - len(given(devices))
    left = len(set(free) - set(given(devices)))
    if chosen > left:
        text = f"{chosen} {what} need a device number, and the VM has {left} left; ask for fewer"
        raise errors.from_api("INVALID_DEVICE", [AUTODETECT], text=text)


def _listed(numbers: Sequence[str]) -> str:
    return ", ".join(numbers[:_SHOWN]) + (" and more" if len(numbers) > _SHOWN else "")


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
