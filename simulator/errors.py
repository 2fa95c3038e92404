"""What XenServer answers when it refuses: the one exception of the simulator."""


class Failure(Exception):
    """A refusal as it goes over the wire: an error code and its parameters, all of them text."""

    def __init__(self, code: str, *params: object) -> None:
        """Keep the code and the parameters, in the order a client sees them."""
        self.code = code
        self.params = [str(param) for param in params]
        super().__init__(code, *self.params)

    def words(self) -> list[str]:
        """Give code and parameters as one list: `error_info` of a task, `ErrorDescription`."""
        return [self.code, *self.params]


def invalid_handle(cls: str, ref: str) -> Failure:
    """Say that no object of this class has this reference."""
    return Failure("HANDLE_INVALID", cls, ref)


def internal(text: str) -> Failure:
    """Say what the toolstack says where it did not foresee the input."""
    return Failure("INTERNAL_ERROR", text)


def invalid_utf8(text: str) -> Failure:
    """Refuse a request whose text is not UTF-8."""
    return Failure("INVALID_VALUE", "Invalid UTF-8 string in parameter", text)
