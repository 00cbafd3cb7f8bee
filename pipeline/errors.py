"""The errors a user can meet, each with the exit code it ends the command with.

Raise one of these with a single clear sentence: what happened, where (file, column, row), and what
was expected. Programming errors are not translated here; they keep their traceback.
"""


class MarginproofError(Exception):
    """Base of every error that is reported to the user as one sentence on stderr."""

    exit_code = 1


class CheckFailed(MarginproofError):
    """A contract, a verification or a data check failed (exit code 1)."""

    exit_code = 1


class WrongUse(MarginproofError):
    """The command was called wrongly: an unknown model, a date that is no date (exit code 2)."""

    exit_code = 2


class EnvironmentFault(MarginproofError):
    """The environment is at fault: lock held, disk full, library missing (exit code 3)."""

    exit_code = 3


class WarehouseBusy(EnvironmentFault):
    """Another process holds the warehouse for writing."""
