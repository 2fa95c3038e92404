"""The execution of one delivery: body, suspensions, recovery, retry, cancellation, rollback."""
