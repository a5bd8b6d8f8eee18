"""The program: `seedream-bot`, and `python -m adapters`."""

from adapters.cli import app


def main() -> None:
    app()


if __name__ == "__main__":
    main()
