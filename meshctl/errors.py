"""What a user is told when something fails, and the exit code it costs.

An error is at most three lines: what happened, the likely cause, what to try. Every module
raises one of these classes; only ``meshctl.__main__`` prints them (on stderr) and exits.

Exit codes (docs/exit-codes.md): 0 fine, also when nothing matched; 1 failure (or a request not
delivered, a lint error, an unmet expectation); 2 wrong usage or unusable input of the command
line; 3 the data cannot decide (trace, capture walk).
"""

from __future__ import annotations

from meshctl.plain import visible

EXIT_OK = 0
EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_UNDETERMINED = 3
EXIT_INTERRUPTED = 130


class MeshctlError(Exception):
    """Raised when the tool cannot do what was asked.

    what: what happened, naming the object (file, pod, section).
    cause: the likely cause, or "" when ``what`` already says it.
    hint: what to try next, or "".
    """

    exit_code = EXIT_FAILURE

    def __init__(self, what: str, cause: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.cause = cause
        self.hint = hint

    def lines(self) -> list[str]:
        """The message as the user reads it: one to three lines, each free of line breaks."""
        parts = [f"Error: {self.what}", self.cause, self.hint]
        return [visible(" ".join(part.split())) for part in parts if part]

    def json(self) -> str:
        """The same as one line of JSON (``--error-format json``)."""
        import json

        said = {"kind": type(self).__name__, "what": self.what, "cause": self.cause, "hint": self.hint}
        return json.dumps({"error": {**said, "exitCode": self.exit_code}})


class UsageError(MeshctlError):
    """Raised when the command line itself is wrong: unknown flag, bad value, wrong number of arguments."""

    exit_code = EXIT_USAGE


class InputError(MeshctlError):
    """Raised when given input (a file, stdin, a body from Envoy) cannot be read as what it should be."""


class MissingDataError(MeshctlError):
    """Raised when the input is fine but lacks the section that a view needs.

    The hint names the request to Envoy that would have produced it.
    """


class ConnectError(MeshctlError):
    """Raised when a cluster, pod or admin port cannot be reached or refuses."""
