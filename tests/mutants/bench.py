# SPDX-License-Identifier: MIT
"""Where mutants are tried: a process is forked for each, gets the faulty module, and runs cases until one fails.

Nothing is written into the checkout. What a case takes of processor time when nothing is wrong, and which lines it
runs, is measured first: a mutant meets only those cases that come by its line, the shortest first, and one that takes
far longer than it should is stopped there, as one that goes on for ever.
"""

import builtins
import gc
import importlib.abc
import importlib.util
import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.mutants.faults import Module, Mutant
from tests.mutants.suites import Case, shown

SLOWER, EXTRA = 10, 0.5  # times, and seconds of processor time more, that a case may take of a mutant
MEMORY = 3 << 30  # a mutant may collect things for ever
SEEN = "_seen_by_a_case"
NO_CASE = "no case comes by"


class Fate:
    """What became of a mutant. `by`: the case that failed, "" when none did; `why`: what it said."""

    def __init__(self, killed: bool, by: str, why: str) -> None:
        self.killed, self.by, self.why = killed, by, why


class _Sources(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules whose code is here already: what is edited meanwhile changes nothing, and nothing is compiled."""

    def __init__(self, codes: "dict[str, tuple[str, Any]]") -> None:
        self._codes = codes  # name to path and code

    def find_spec(self, name: str, path: object, target: object = None) -> Any:
        if name not in self._codes:
            return None
        file = self._codes[name][0]
        package = [os.path.dirname(file)] if os.path.basename(file) == "__init__.py" else None
        return importlib.util.spec_from_file_location(name, file, loader=self, submodule_search_locations=package)

    def exec_module(self, module: Any) -> None:
        exec(self._codes[module.__name__][1], module.__dict__)


def _compiled(top: str) -> "Iterator[tuple[str, tuple[str, Any]]]":
    """A module, or a package with all modules below it."""
    spec = importlib.util.find_spec(top)
    assert spec is not None and spec.origin is not None, top
    origin = Path(spec.origin)
    for file in sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]:
        name = top if file == origin else _dotted(top, str(file.relative_to(origin.parent)))
        yield name, (str(file), compile(file.read_text(), str(file), "exec"))


def _dotted(package: str, file: str) -> str:
    """`ring/marks.py` in `agent.store`: `agent.store.ring.marks`."""
    return f"{package}.{file.removesuffix('.py').replace('/', '.')}".removesuffix(".__init__")


def modules(folder: Path) -> dict[str, Module]:
    """All modules below a folder, by their paths in it."""
    files = {str(file.relative_to(folder)): file for file in sorted(folder.rglob("*.py"))}
    return {name: Module(name, file.read_text()) for name, file in files.items()}


class Bench:
    """`folder` holds the modules of `package`; `fresh`: what, besides, is imported anew by each process."""

    def __init__(self, folder: Path, package: str, cases: list[Case], fresh: tuple[str, ...] = ()) -> None:
        self._folder, self._package, self._fresh = folder, package, (package, *fresh)
        self.cases = cases
        self.modules = modules(folder)
        self.mutants = [mutant for module in self.modules.values() for mutant in module.mutants]
        self._codes = dict(one for top in fresh for one in _compiled(top))
        for file, module in self.modules.items():
            path = str(folder / file)
            self._codes[self._name(file)] = path, module.code(None, path)
        self._place = tempfile.TemporaryDirectory()
        self.times: list[float] = []
        self._comes_by: list[set[tuple[str, int]]] = []

    # --- how it is when nothing is wrong

    def measure(self, cache: Path | None = None, lame: bool = False) -> list[str]:
        """Runs every case twice: for its time, and for its lines. Fails when one fails, or leaves those out and tells.
        """
        if cache and cache.is_file():
            told = json.loads(cache.read_text())
        else:
            told = self._in_child(lambda tell: [tell(self._timed(case)) for case in self.cases])
            lines = self._in_child(self._watch)
            if len(told) != len(self.cases):
                raise SystemExit(f"what ended it, and nothing is wrong: {shown(self.cases[len(told)])}")
            told = [{**row, "lines": seen} for row, seen in zip(told, lines)]
            if cache:
                cache.write_text(json.dumps(told))
        failed = [f"{shown(case)}: {row['why']}" for case, row in zip(self.cases, told) if row["why"]]
        if failed and not lame:
            raise SystemExit("these fail, and nothing is wrong:\n" + "\n".join(failed))
        self.times = [row["time"] for row in told]
        self._comes_by = [{(file, line) for file, line in row["lines"]} for row in told]
        self._only([at for at, row in enumerate(told) if not row["why"]])
        return failed

    def leave_out(self, longest: float) -> None:
        """From here on only cases that take up to so many seconds."""
        self._only([at for at in range(len(self.cases)) if self.times[at] <= longest])

    def _only(self, left: list[int]) -> None:
        self.cases = [self.cases[at] for at in left]
        self._comes_by = [self._comes_by[at] for at in left]
        self.times = [self.times[at] for at in left]

    def _timed(self, case: Case) -> dict[str, Any]:
        start = time.process_time()
        why = _run(case)
        return {"why": why, "time": time.process_time() - start}

    def _watch(self, tell: Any) -> None:
        seen: set[tuple[str, int]] = set()
        setattr(builtins, SEEN, seen)
        for file, module in self.modules.items():
            path = str(self._folder / file)
            self._codes[self._name(file)] = path, module.watched(path, SEEN)
        for case in self.cases:
            seen.clear()
            _run(case)
            tell(sorted(seen))

    def _name(self, file: str) -> str:
        return _dotted(self._package, file)

    def order(self, mutant: Mutant) -> list[int]:
        """The cases that come by a mutant, the shortest first."""
        there = mutant.file, mutant.first
        found = [at for at in range(len(self.cases)) if not mutant.first or there in self._comes_by[at]]
        return sorted(found, key=lambda at: self.times[at])

    # --- one mutant

    def try_all(self, mutants: Iterable[Mutant], workers: int) -> Iterator[tuple[Mutant, Fate]]:
        """The fate of each, as they come."""
        todo = iter(mutants)
        running: dict[int, tuple[Mutant, int, bytearray]] = {}
        gc.freeze()  # pages that no process writes to are shared
        try:
            while True:
                while len(running) < workers and (mutant := next(todo, None)) is not None:
                    if self.order(mutant):
                        pid, pipe = self._fork(partial(self._meet, mutant))
                        running[pipe] = mutant, pid, bytearray()
                    else:
                        yield mutant, Fate(False, "", NO_CASE)
                if not running:
                    return
                for pipe in select.select(list(running), [], [])[0]:
                    mutant, pid, said = running[pipe]
                    more = os.read(pipe, 1 << 16)
                    said += more
                    if not more:
                        del running[pipe]
                        os.close(pipe)
                        _, status = os.waitpid(pid, 0)
                        yield mutant, _fate([json.loads(line) for line in said.splitlines()], status)
        finally:
            for pipe, (_, pid, _) in running.items():
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                os.close(pipe)
            gc.unfreeze()

    def _meet(self, mutant: Mutant, tell: Any) -> None:
        path = str(self._folder / mutant.file)
        self._codes[self._name(mutant.file)] = path, self.modules[mutant.file].code(mutant, path)
        for at in self.order(mutant):
            case = self.cases[at]
            tell({"by": shown(case)})
            signal.setitimer(signal.ITIMER_PROF, self.times[at] * SLOWER + EXTRA)
            why = _run(case)
            signal.setitimer(signal.ITIMER_PROF, 0)
            if why:
                tell({"why": why})
                return
        tell({"alive": True})

    def _in_child(self, work: Any) -> list[Any]:
        pid, pipe = self._fork(work)
        with os.fdopen(pipe, "rb") as file:
            said = file.read()
        os.waitpid(pid, 0)
        return [json.loads(line) for line in said.splitlines()]

    def _fork(self, work: Any) -> tuple[int, int]:
        """A process with a place of its own, no output, and the modules in question not yet imported."""
        reads, writes = os.pipe()
        pid = os.fork()
        if pid:
            os.close(writes)
            return pid, reads
        try:
            null = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(null, number)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            signal.signal(signal.SIGPROF, signal.SIG_DFL)
            for name in [one for one in sys.modules if any(_under(one, top) for top in self._fresh)]:
                del sys.modules[name]
            sys.meta_path.insert(0, _Sources(self._codes))
            place = Path(self._place.name) / str(os.getpid())
            place.mkdir()
            os.chdir(place)
            work(lambda row: os.write(writes, json.dumps(row).encode() + b"\n"))
        finally:
            os._exit(0)


def _under(name: str, top: str) -> bool:
    return name == top or name.startswith(top + ".")


def _run(case: Case) -> str:
    """What is wrong by a case, in a few words, or ""."""
    module, name, given = case
    try:
        found = getattr(import_module(module), name)(*given)
    except BaseException as error:  # whatever it is: it would be red
        return f"{type(error).__name__} {error}"[:200] or "?"
    found = found[-1] if isinstance(found, tuple) else found
    return str(found[0] if isinstance(found, list) else found)[:200] if found else ""


def _fate(said: list[dict[str, Any]], status: int) -> Fate:
    if not said:
        raise RuntimeError("a mutant could not be tried")
    last = said[-1]
    by = next(row["by"] for row in reversed(said) if "by" in row)
    if "alive" in last:
        return Fate(False, "", "")
    if "why" in last:
        return Fate(True, by, last["why"])
    return Fate(True, by, "it goes on for ever" if status == signal.SIGPROF else f"it ended with status {status}")
