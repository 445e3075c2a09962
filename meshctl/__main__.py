"""Entry point of ``meshctl`` and ``python -m meshctl``."""

import gc


def main() -> None:
    gc.disable()  # a one-shot process: collecting cycles is a tenth of its start, two thirds of parsing a dump
    from meshctl.cli import run

    run()


if __name__ == "__main__":
    main()
