# SPDX-License-Identifier: MIT
"""`python -m tests.mutants`: all mutants of the store, then how many were killed, and which were not.

    python -m tests.mutants [FILE[:LINE]…]          of these modules, or of these lines, only
    python -m tests.mutants --sample 200 --seed 7   some of them, the same for the same seed
    python -m tests.mutants --only IDENT            one, with what it met
Fates are kept in .cache/mutants for as long as neither the store nor a suite changes; a run that was stopped goes on.
The exit status is 0 when at least 95 % are killed, every survivor is listed, and every entry of listed.toml still
means a mutant.
"""

import argparse
import json
import os
import sys
import time
from hashlib import sha256
from pathlib import Path
from random import Random

from tests.mutants import suites
from tests.mutants.bench import Bench, Fate
from tests.mutants.faults import Mutant
from tests.mutants.listed import FILE, Listed, draft

ROOT = Path(__file__).resolve().parents[2]
STORE = ROOT / "firmware" / "agent" / "store"
CACHE = ROOT / ".cache" / "mutants"
TESTS = ("tests/model", "tests/power", "tests/mutants", "firmware/wire")
FRESH = ("tests.model", "tests.power", "tests.mutants.quick")
LEAST = 95  # per cent
EACH = 200  # a word on how it goes after so many


def store_bench() -> Bench:
    """The store and all suites."""
    return Bench(STORE, "agent.store", suites.cases(), FRESH)


def digest(folders: "tuple[Path, ...]") -> str:
    """Of all sources in some folders."""
    files = sorted(file for folder in folders for file in folder.rglob("*.py"))
    return sha256(b"\0".join(file.name.encode() + b"\0" + file.read_bytes() for file in files)).hexdigest()[:16]


class Known:
    """Fates of earlier runs. `again`: a mutant that other tests killed is killed, as long as the store is the same."""

    def __init__(self, again: bool) -> None:
        store = digest((STORE.parent,))
        CACHE.mkdir(parents=True, exist_ok=True)
        tests = digest(tuple(ROOT / folder for folder in TESTS))
        self.measured = CACHE / f"{store}-{tests}.json"
        self._file = CACHE / f"{store}-{tests}.jsonl"
        self.partial = False  # some cases are left out: who survives may not, later
        self.fates: dict[str, Fate] = {}
        for file in sorted(CACHE.glob(f"{store}-*.jsonl")):
            if again or file == self._file:
                self._read(file, file == self._file)

    def _read(self, file: Path, ours: bool) -> None:
        for line in file.read_text().splitlines():
            try:
                ident, killed, by, why = json.loads(line)
            except ValueError:
                continue  # the run was ended in the middle of it
            if ours or killed:
                self.fates[ident] = Fate(killed, by, why)

    def keep(self, mutant: Mutant, fate: Fate) -> None:
        """One more."""
        self.fates[mutant.ident] = fate
        if fate.killed or not self.partial:
            with self._file.open("a") as file:
                file.write(json.dumps([mutant.ident, fate.killed, fate.by, fate.why]) + "\n")


def _meant(mutant: Mutant, places: list[str]) -> bool:
    return mutant.file in places or f"{mutant.file}:{mutant.number}" in places


def place(mutant: Mutant) -> str:
    """Where it is, and what is wrong there."""
    return f"firmware/agent/store/{mutant.file}:{mutant.number} {mutant.function}: {mutant.change}"


def told(mutant: Mutant, fate: Fate) -> str:
    """A survivor, and what replays it."""
    why = f" ({fate.why})" if fate.why else ""
    return f"{place(mutant)}{why}\n    again with: python -m tests.mutants --only {mutant.ident}"


def one(bench: Bench, ident: str) -> int:
    """A mutant by its name: what it met, and what became of it."""
    found = [mutant for mutant in bench.mutants if mutant.ident == ident]
    if not found:
        raise SystemExit(f"no mutant is called {ident}: its line reads otherwise by now")
    mutant = found[0]
    print(f"{place(mutant)}\n    in: {mutant.line}")
    for at in bench.order(mutant):
        print(f"    {bench.times[at]:6.2f} s  {suites.shown(bench.cases[at])}")
    for _, fate in bench.try_all([mutant], 1):
        print(f"killed by {fate.by}: {fate.why}" if fate.killed else f"it lives {fate.why}")
        return int(not fate.killed)
    return 1


def run(bench: Bench, chosen: list[Mutant], known: Known, workers: int, listed: Listed) -> None:
    """Tries what is not known yet."""
    todo = [mutant for mutant in chosen if mutant.ident not in known.fates]
    todo.sort(key=lambda mutant: mutant.ident)  # so that the first minutes say something of all modules
    start = time.monotonic()
    for count, (mutant, fate) in enumerate(bench.try_all(todo, workers), 1):
        known.keep(mutant, fate)
        if not fate.killed and not listed.kind(mutant):
            print(told(mutant, fate), flush=True)
        if count % EACH == 0:
            print(f"-- {count} of {len(todo)} after {time.monotonic() - start:.0f} s", flush=True)


def main(argv: "list[str] | None" = None) -> int:
    """Exit status: see above."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("places", nargs="*", help="modules of the store, or their lines: ring/ring.py ring/ring.py:90")
    parser.add_argument("--sample", type=int, metavar="N", help="so many mutants, chosen by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="IDENT", help="one mutant by its name")
    parser.add_argument("--again", action="store_true", help="what older tests killed is not tried again")
    parser.add_argument("--longest", type=float, metavar="S", help="only cases of up to so many seconds")
    parser.add_argument("--lame", action="store_true", help="leave out cases that fail when nothing is wrong")
    parser.add_argument("--listed", action="store_true", help="try what listed.toml calls equivalent, too")
    parser.add_argument("--draft", action="store_true", help="end with an entry for listed.toml of each new survivor")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args(argv)
    bench, known, listed = store_bench(), Known(args.again), Listed(FILE.read_text())
    unknown = {place.split(":")[0] for place in args.places} - set(bench.modules)
    if unknown:
        raise SystemExit(f"not in the store: {' '.join(sorted(unknown))}")
    for case in bench.measure(known.measured, args.lame):
        print(f"left out: {case}")
    if args.longest:
        bench.leave_out(args.longest)
        known.partial = True
    if args.only:
        return one(bench, args.only)
    chosen = [mutant for mutant in bench.mutants if not args.places or _meant(mutant, args.places)]
    chosen = [mutant for mutant in chosen if args.listed or listed.kind(mutant) != "equivalent"]
    if args.sample:
        chosen = Random(args.seed).sample(chosen, min(args.sample, len(chosen)))
    print(f"{len(chosen)} mutants, {len(bench.cases)} cases of {sum(bench.times):.0f} s together", flush=True)
    run(bench, chosen, known, args.workers, listed)
    return verdict(chosen, known, listed, listed.stale(bench.mutants), args.draft)


def verdict(chosen: list[Mutant], known: Known, listed: Listed, stale: list[str], drafted: bool) -> int:
    """Says what became of all, and whether that is good enough."""
    counted = [mutant for mutant in chosen if listed.kind(mutant) != "equivalent"]
    alive = [mutant for mutant in counted if not known.fates[mutant.ident].killed]
    new = [mutant for mutant in alive if not listed.kind(mutant)]
    wrong = [mutant for mutant in chosen if listed.kind(mutant) and known.fates[mutant.ident].killed]
    files: dict[str, list[int]] = {}
    for mutant in counted:
        line = files.setdefault(mutant.file, [0, 0])
        line[0] += 1
        line[1] += known.fates[mutant.ident].killed
    print("\nsurvivors that are not listed:" if new else "")
    for mutant in sorted(new, key=lambda mutant: (mutant.file, mutant.number)):
        print(told(mutant, known.fates[mutant.ident]))
    for mutant in wrong:
        fate = known.fates[mutant.ident]
        print(f"listed, and killed by {fate.by}: {place(mutant)}")
    for entry in stale:
        print(f"listed, and no mutant any more: {entry}")
    if drafted and new:
        print(draft(new))
    for file, (count, killed) in sorted(files.items()):
        print(f"{file:14} {count:5} mutants {count - killed:4} alive")
    rate = 100 * (len(counted) - len(alive)) / max(1, len(counted))
    print(f"mutants {len(counted)} alive {len(alive)} not listed {len(new)} killed {rate:.1f} %")
    return int(rate < LEAST or bool(new or wrong or stale))


if __name__ == "__main__":
    sys.exit(main())
