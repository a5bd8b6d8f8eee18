"""`python -m tests.attack`: exit 1 if a limit was broken. Findings are written to `attack-found/`."""

import argparse
import sys
from pathlib import Path

from tests.attack import answers, connections, lines, pictures
from tests.attack.attack import Attack, Verdict, carry_out

FOUND = Path("attack-found")
ATTACKS = (
    Attack(name="pictures", about=pictures.__doc__ or "", run=pictures.attack),
    Attack(
        name="references", about=pictures.attack_without_quota.__doc__ or "", run=pictures.attack_without_quota, attacker_images=0
    ),
    Attack(name="lines", about=lines.__doc__ or "", run=lines.attack, attacker_images=0),
    Attack(name="answers", about=answers.__doc__ or "", run=answers.attack, gateways=answers.GATEWAYS),
    Attack(name="connections", about=connections.__doc__ or "", run=connections.attack),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(attack.name for attack in ATTACKS)}; else all")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - {attack.name for attack in ATTACKS}
    if unknown:
        parser.error(f"there is no attack {', '.join(sorted(unknown))}")
    verdicts = []
    for attack in ATTACKS:
        if not chosen.names or attack.name in chosen.names:
            sys.stdout.write(f"{attack.name}: {attack.about}\n")
            sys.stdout.flush()
            verdicts.append(carry_out(attack))
            _report(verdicts[-1])
    return 1 if any(verdict.findings for verdict in verdicts) else 0


def _report(verdict: Verdict) -> None:
    for name, value in verdict.figures.items():
        sys.stdout.write(f"  {name:22} {value:10.2f}\n")
    for finding in verdict.findings:
        sys.stdout.write(f"  FOUND {finding}\n")
    sys.stdout.flush()
    if verdict.findings:
        FOUND.mkdir(exist_ok=True)
        (FOUND / f"{verdict.name}.log").write_text(verdict.log, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
