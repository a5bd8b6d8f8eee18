"""`seedream-bot run` with a probe in its event loop: `python -m bench.probed --config FILE`."""

import argparse
import asyncio
import sys
from pathlib import Path

from adapters.cli.logs import configure
from adapters.cli.serve import serve
from adapters.cli.settings import runnable_settings
from bench.probe import probe_loop
from bot.config.settings import Settings


async def _probed(settings: Settings) -> None:
    async with probe_loop():
        await serve(settings)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.probed")
    parser.add_argument("--config", type=Path, required=True)
    settings = runnable_settings(parser.parse_args().config)
    configure(settings.log, sys.stderr, secrets=settings.secrets())
    asyncio.run(_probed(settings))


if __name__ == "__main__":
    main()
