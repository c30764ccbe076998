"""Exit codes, and the errors that end the runner with one."""

DONE = 0
UNUSABLE_INPUT = 65
OWN_FAULT = 70
NO_CANDIDATE = 71
GO_ON_LATER = 75


class RunnerError(Exception):
    """Ends the runner. Its message is one sentence for the user: what, where, what to do."""

    exit_code = OWN_FAULT


class UnusableInputError(RunnerError):
    """The program, the evaluator or the config cannot be used; trying again changes nothing."""

    exit_code = UNUSABLE_INPUT


class UnsavedError(RunnerError):
    """The last checkpoint cannot be written; another attempt may have a disk with room."""

    exit_code = GO_ON_LATER


def in_short(text: object, limit: int = 2000) -> str:
    """The text on one line, cut at `limit` characters.

    >>> in_short("a\\n  b")
    'a b'
    """
    line = " ".join(str(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
