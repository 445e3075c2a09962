"""Entry point of ``meshctl`` and ``python -m meshctl``."""

import gc
import os


def main() -> None:
    gc.disable()  # a one-shot process: collecting cycles is a tenth of its start, two thirds of parsing a dump
    try:
        from meshctl.cli import run
    except KeyboardInterrupt:  # in the first milliseconds, while modules are read
        os._exit(130)

    run()


def kubectl() -> None:
    """Entry point of ``kubectl meshctl``: kubectl runs ``kubectl-meshctl`` with the words behind its own."""
    main()


if __name__ == "__main__":
    main()
