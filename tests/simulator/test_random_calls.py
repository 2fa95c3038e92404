"""A short round of the fuzzer of the simulated pool; the long one is `make fuzz ONLY=simulator`."""

from tests.simulator import random_calls


def test_random_calls_are_answered_in_the_words_of_the_toolstack() -> None:
    """No call ends in HTTP 500 or in an exception that the simulator did not foresee."""
    random_calls.run(count=1000, start=1)
