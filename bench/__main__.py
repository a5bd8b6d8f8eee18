"""`python -m bench [NAME …] [--quick]`: measure, print one table, write `bench/results.json`."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from bench.figures import Figure
from bench.measures import ack, codec, delivery, downloads, lag, memory, persisted, restart, startup, store, waiting
from bench.platforms import PLATFORMS
from bench.scale import FULL, QUICK, Scale
from bench.table import to_table, write_results

RESULTS = Path(__file__).with_name("results.json")
FIGURES: Mapping[str, Callable[[Scale], list[Figure]]] = MappingProxyType(
    {
        "ack": ack.measure,
        "delivery": delivery.measure,
        "lag": lag.measure,
        "startup": startup.measure,
        "memory": memory.measure,
        "store": store.measure,
        "persisted": persisted.measure,
        "codec": codec.measure,
        "downloads": downloads.measure,
        "waiting": waiting.measure,
        "restart": restart.measure,
    }
)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measure the bot and a bare reference in the same run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"figures to measure: {', '.join(FIGURES)} (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="the shortest run that produces every figure; the numbers are not meaningful"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help=f"rounds per session (default: {FULL.rounds})")
    parser.add_argument(
        "--platform", choices=[platform.name for platform in PLATFORMS], help="measure only this platform (default: all)"
    )
    parser.add_argument(
        "--results", type=Path, default=RESULTS, metavar="FILE", help="output file for the JSON (default: bench/results.json)"
    )
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(FIGURES))
    if unknown:
        parser.error(f"unknown figure {unknown[0]}; expected one of {', '.join(FIGURES)}")
    return arguments


def main() -> int:
    arguments = _arguments()
    scale = QUICK if arguments.quick else FULL
    if arguments.rounds is not None:
        scale = replace(scale, rounds=arguments.rounds)
    if arguments.platform is not None:
        scale = replace(scale, platforms=tuple(one for one in PLATFORMS if one.name == arguments.platform))
    figures: list[Figure] = []
    for name in arguments.names or FIGURES:
        began = time.monotonic()
        figures += FIGURES[name](scale)
        sys.stderr.write(f"{name}: measured in {time.monotonic() - began:.0f} s\n")
    sys.stdout.write(to_table(figures) + "\n")
    write_results(arguments.results, figures, quick=scale.quick)
    return 0


if __name__ == "__main__":
    sys.exit(main())
