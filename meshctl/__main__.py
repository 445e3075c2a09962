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


if __name__ == "__main__":
    main()
