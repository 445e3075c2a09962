"""Entry point of ``meshctl`` and ``python -m meshctl``."""


def main() -> None:
    from meshctl.cli import run

    run()


if __name__ == "__main__":
    main()
