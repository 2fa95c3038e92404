"""What tags of an object may be added and removed."""

from collections.abc import Sequence

from xenserver import errors


def check(add: Sequence[str], remove: Sequence[str]) -> None:
    """Refuse a message that changes nothing, contradicts itself, or adds a tag of blanks."""
    both = [tag for tag in add if tag in remove]
    if not add and not remove:
        problem = "add: nothing to change: give add or remove"
    elif both:
        problem = f"add: {', '.join(both)} is in remove too"
    elif any(not tag.strip() for tag in add):
        problem = "add: a tag of blanks cannot be found again; name it"
    else:
        return
    raise errors.invalid(problem)
