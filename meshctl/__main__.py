"""Entry point of ``meshctl`` and ``python -m meshctl``."""

import gc
import os
import sys
from typing import Any

from meshctl import ahead


def main() -> None:
    gc.disable()  # a one-shot process: collecting cycles is a tenth of its start, two thirds of parsing a dump
    try:
        ahead.begin(sys.argv[1:])
        _import_msgspec()
        from meshctl.cli import run
    except KeyboardInterrupt:  # in the first milliseconds, while modules are read
        os._exit(130)

    run()


def _import_msgspec() -> None:
    """msgspec without typing_extensions: it takes from there what typing has since Python 3.11, and gets it from typing where
    there is none. That module and what it imports (inspect, ast, dis, tokenize) are a sixth of what a small table costs.
    A msgspec that cannot do without is imported as usual, later."""
    modules: dict[str, Any] = sys.modules
    if "typing_extensions" in modules:
        return
    modules["typing_extensions"] = None  # importing it says that there is none
    try:
        import msgspec  # noqa: F401
    except ImportError:
        pass
    finally:
        del modules["typing_extensions"]


def kubectl() -> None:
    """Entry point of ``kubectl meshctl``: kubectl runs ``kubectl-meshctl`` with the words behind its own."""
    main()


if __name__ == "__main__":
    main()
