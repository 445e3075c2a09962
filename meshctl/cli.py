"""The command line: the way to its commands, and the one place where errors become messages on stderr and exit codes.

A plain line is read without typer (``commands/door.py``); every other by the root command (``commands/root.py``).
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from meshctl.commands import door
from meshctl.commands.globals import errors_as_json
from meshctl.errors import EXIT_FAILURE, EXIT_INTERRUPTED, MeshctlError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; messages go to stderr. For tests and ``run``."""
    words = list(sys.argv[1:] if argv is None else argv)
    error = _failure(words)
    return error if isinstance(error, int) else _fail(error, as_json=errors_as_json(words))


def _failure(argv: list[str]) -> int | MeshctlError:
    """What a run comes to: its exit code, or the error that ended it."""
    try:
        return _dispatch(argv)
    except MeshctlError as error:
        return error
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output left (`| head`); a second failure while flushing must not be shown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        if error.filename is not None or error.errno not in _NOT_WRITTEN:
            return _unexpected(error)
        return MeshctlError(
            f"standard output cannot be written: {error.strerror}", "It is closed, or its disk is full."
        )
    except RecursionError:
        return MeshctlError("the input is nested too deeply to be read", "No Envoy prints such a dump.")
    except Exception as error:
        return _undecidable(error) or _unexpected(error)


_NOT_WRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EBADF, errno.EIO, errno.EFBIG})


def _undecidable(error: Exception) -> MeshctlError | None:
    """What cannot be told because of what the input holds in a place; None for any other error."""
    from meshctl.envoy.message import Undecidable

    if not isinstance(error, Undecidable):
        return None
    return MeshctlError(error.reason, "No Envoy prints that, and the whole answer hangs on it.")


def _unexpected(error: Exception) -> MeshctlError:
    if os.environ.get("MESHCTL_DEBUG"):
        raise error
    return MeshctlError(
        f"unexpected {type(error).__name__}: {error}",
        "This is a fault of meshctl.",
        "Set MESHCTL_DEBUG=1 for the traceback and report it together with the input.",
    )


def _dispatch(argv: list[str]) -> int:
    plain = door.read(argv)
    if plain is not None:
        return plain.command.call(plain.globals, plain.given)
    from meshctl.commands import root

    return root.dispatch(argv)


def _fail(error: MeshctlError, *, as_json: bool = False) -> int:
    with contextlib.suppress(OSError):  # what could not be written is being told already
        sys.stdout.flush()
    with contextlib.suppress(OSError):
        sys.stderr.write((error.json() if as_json else "\n".join(error.lines())) + "\n")
        sys.stderr.flush()
    return error.exit_code or EXIT_FAILURE


def _open_what_is_closed() -> None:
    """A stream that the caller closed: its number must not go to a file that is opened later. Reading from and writing to it
    fails as it would, what goes to a closed stderr is lost."""
    for number, name, how in (
        (0, "stdin", os.O_WRONLY),
        (1, "stdout", os.O_RDONLY),
        (2, "stderr", os.O_WRONLY),
    ):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, how)  # the lowest free number is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "r" if number == 0 else "w", closefd=False, encoding="utf-8"))  # noqa: SIM115


def run() -> NoReturn:
    """Entry point of the process: one command, then exit without tearing the heap down."""
    _open_what_is_closed()
    code = main()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = 141
    except OSError as error:
        code = code or _fail(MeshctlError(f"standard output cannot be written: {error.strerror}"))
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    os._exit(code)
