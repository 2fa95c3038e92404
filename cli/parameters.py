"""Parameters of commands that are read without pydantic, where nothing is to be converted.

typer builds a pydantic adapter for every parameter, also for those that were not given. Importing
pydantic takes longer than all else that completion and a look at runs do.
"""

from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Any

from cli.exit_codes import Code, CommandFailed

_BOUND = "must be at "  # least or most

Parameter = Any  # an option or argument of typer


def read_lightly(parameters: Iterable[Parameter]) -> None:
    """Convert parameters only where it is necessary."""
    for one in parameters:
        lightly(one)


def lightly(parameter: Parameter) -> Parameter:
    """Return a parameter, which converts only what it must."""
    if parameter is not None and not isinstance(parameter.process_value, partial):
        parameter.process_value = partial(_process, parameter, parameter.process_value)
    return parameter


def refuse_repeated(given: Iterable[Parameter], ctx: Any) -> None:
    """Fail where an option that takes one value is among those given more than once.

    A flag without its opposite may be repeated: it says the same again.
    """
    for one, times in Counter(given).items():
        if times > 1 and _takes_one_value(one):
            text = f"{one.opts[0]} is given {times} times; it takes one value"
            raise CommandFailed(Code.USAGE, text, f"{ctx.command_path} --help")


def with_range(text: str, parameter: Parameter) -> str:
    """Return what is wrong with a number, with both of its bounds where it has two."""
    least, most = bounds_of(parameter)
    if least is None or most is None:
        return text
    head, is_bound, _ = text.partition(_BOUND)
    bounds = f"at least {least:g} and at most {most:.0f}"
    return f"{head}must be {bounds}" if is_bound else f"{text}, {bounds}"


def bounds_of(parameter: Parameter) -> tuple[float | None, float | None]:
    """Return the smallest and the largest number that a parameter takes, as far as it has any."""
    return getattr(parameter, "min", None), getattr(parameter, "max", None)


def _takes_one_value(parameter: Parameter) -> bool:
    if parameter.param_type_name != "option" or parameter.multiple:
        return False
    return bool(not parameter.is_flag or parameter.secondary_opts)


def _process(parameter: Parameter, convert: Any, ctx: Any, value: Any) -> Any:
    """Return the value of a parameter as typer does, without an adapter where none is needed."""
    is_list = parameter.multiple or parameter.nargs == -1
    found = () if value is None and is_list else value
    is_converted = found in (None, ()) or type(found) is parameter.type_descriptor.annotation
    is_missing = parameter.required and parameter.value_is_missing(found)
    if not is_converted or (is_missing and not ctx.resilient_parsing):
        return convert(ctx, value)  # it raises an error where a value is missing
    return found if parameter.callback is None else parameter.callback(ctx, parameter, found)
