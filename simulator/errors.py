"""The failures of XenAPI."""


class Failure(Exception):
    """A failure as a client receives it: an error code and its parameters, all strings."""

    def __init__(self, code: str, *params: object) -> None:
        """Keep the code and the parameters, in the order a client sees them."""
        self.code = code
        self.params = [str(param) for param in params]
        super().__init__(code, *self.params)

    def description(self) -> list[str]:
        """Return code and parameters as one list: `error_info` of a task, `ErrorDescription`."""
        return [self.code, *self.params]


def invalid_handle(cls: str, ref: str) -> Failure:
    """Return HANDLE_INVALID for a reference that no object of the class has."""
    return Failure("HANDLE_INVALID", cls, ref)


def internal(text: str) -> Failure:
    """Return INTERNAL_ERROR, the toolstack's answer to input that it does not foresee."""
    return Failure("INTERNAL_ERROR", text)


def invalid_utf8(text: str) -> Failure:
    """Refuse a request whose text is not UTF-8."""
    return Failure("INVALID_VALUE", "Invalid UTF-8 string in parameter", text)
