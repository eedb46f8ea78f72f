# SPDX-License-Identifier: MIT
"""`python -m tests.bench`: prints all figures with their targets, writes bench.json; exit status 1 if one is missed."""

import json
import sys
from pathlib import Path

from tests.bench.figure import Figure, measure, names

WHERE = Path(__file__).resolve().parents[2] / "bench.json"


def line(figure: Figure) -> str:
    """A figure, its target and whether it is met, for people."""
    target = "" if figure.most is None else f"≤ {figure.most:,g}"
    said = "" if figure.most is None else "ok" if figure.met else "MISSED"
    return f"{figure.number:4} {figure.name:52} {figure.value:12,.10g} {figure.unit:8} {target:>12} {said}"


def report(figures: list[Figure], where: Path) -> int:
    """Writes the figures; the exit status."""
    data = {"schema": 1, "figures": [figure.data() for figure in figures]}
    where.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    missed = [figure for figure in figures if not figure.met]
    print(f"{len(figures)} figures, {len(missed)} missed; also in {where.name}")
    return int(bool(missed))


def main() -> int:
    """See above."""
    figures = []
    for name in names():
        for figure in measure(name, full=True):
            print(line(figure), flush=True)
            figures.append(figure)
    return report(figures, WHERE)


if __name__ == "__main__":
    sys.exit(main())
