# SPDX-License-Identifier: MIT
"""The mutants' own tests: faults are made and taken back, an obvious one dies, a survivor is told with its replay."""

import ast
import sys
from pathlib import Path

import pytest

from tests.mutants import __main__ as program
from tests.mutants import suites
from tests.mutants.bench import NO_CASE, Bench, modules
from tests.mutants.faults import Module, Mutant
from tests.mutants.listed import FILE, Listed, draft

SOURCE = '''"""A toy."""

LIMIT = 10


def clamp(number: int) -> int:
    """At most LIMIT."""
    if number > LIMIT:
        return LIMIT
    return number


def count(number: int) -> int:
    """Goes on until it is there."""
    at = 0
    while at < number:
        at += 1
    return at


def alone() -> int:
    return 7
'''
CASES = """
from toys import toy


def clamps() -> list[str]:
    return [] if toy.clamp(30) == 10 and toy.clamp(3) == 3 else ["it does not"]


def counts() -> None:
    assert toy.count(5) == 5
"""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    folder = tmp_path / "toys"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "toy.py").write_text(SOURCE)
    (tmp_path / "toy_cases.py").write_text(CASES)
    monkeypatch.syspath_prepend(str(tmp_path))
    made = Bench(folder, "toys", [("toy_cases", "clamps", ()), ("toy_cases", "counts", ())], ("toy_cases",))
    made.measure()
    return made


def fates(bench: Bench) -> dict[str, tuple[bool, str, str]]:
    tried = bench.try_all(bench.mutants, 2)
    return {f"{one.function}: {one.change}": (fate.killed, fate.by, fate.why) for one, fate in tried}


def test_what_dies_and_what_does_not(bench: Bench) -> None:
    found = fates(bench)
    assert len(found) == len(bench.mutants) > 15
    assert found["clamp: if number > LIMIT → if False"] == (True, "toy_cases.clamps()", "it does not")
    assert found["clamp: number > LIMIT → Gt becomes GtE"] == (False, "", ""), "10 is 10 either way"
    assert found[": 10 → 11"][0] and found["clamp: return number → return None"][0]
    assert found["count: drop at += 1"] == (True, "toy_cases.counts()", "it goes on for ever")
    assert found["alone: 7 → 8"] == (False, "", NO_CASE)
    assert "toys.toy" not in sys.modules, "nothing of it is left here"


def test_a_survivor_is_told_with_what_replays_it(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    mutant = next(one for one in bench.mutants if one.change.endswith("Gt becomes GtE"))
    ((_, fate),) = bench.try_all([mutant], 1)
    said = program.told(mutant, fate)
    assert "toy.py:8 clamp: number > LIMIT" in said and f"--only {mutant.ident}" in said
    assert program.one(bench, mutant.ident) == 1
    assert "it lives" in capsys.readouterr().out


def test_a_case_that_fails_of_itself_ends_the_run(bench: Bench) -> None:
    bench.cases.append(("toy_cases", "gone", ()))
    with pytest.raises(SystemExit, match="gone"):
        bench.measure()


def test_a_fault_changes_the_tree_and_is_taken_back() -> None:
    for file in ("ring/marks.py", "ring/ring.py"):
        module = Module(file, (program.STORE / file).read_text())
        whole = ast.dump(module._tree)
        for mutant in module.mutants:
            mutant.put()
            assert ast.dump(module._tree) != whole, mutant.change
            mutant.take()
            assert ast.dump(module._tree) == whole, mutant.change
            module.code(mutant, file)
        assert len({mutant.ident for mutant in module.mutants}) == len(module.mutants) > 100


def test_a_mutant_keeps_its_name_when_its_line_moves() -> None:
    def names(source: str) -> dict[str, int]:
        return {mutant.ident: mutant.number for mutant in Module("toy.py", source).mutants}

    before, after = names(SOURCE), names("# more\n\n" + SOURCE.replace("LIMIT = 10", "LIMIT = 10\nMORE = 3"))
    assert before.keys() < after.keys() and all(after[ident] > line for ident, line in before.items())


def entry(mutant: Mutant) -> str:
    return draft([mutant]).replace('reason = ""', 'reason = "so"')


def test_what_is_listed_and_gone_is_told() -> None:
    one, *others = Module("toy.py", SOURCE).mutants
    listed = Listed(entry(one))
    assert listed.kind(one) == "survivor" and listed.kind(others[0]) == ""
    assert listed.stale([one, *others]) == [] and len(listed.stale(others)) == 1
    with pytest.raises(SystemExit):
        Listed(draft([one]))


def test_the_store_has_all_that_is_listed() -> None:
    listed = Listed(FILE.read_text())
    assert listed.stale(mutant for module in modules(program.STORE).values() for mutant in module.mutants) == []


def test_an_obvious_fault_of_the_store_dies() -> None:
    cases = [case for case in suites.cases() if case[1:] == ("plays", ("unlock", "big"))]
    bench = Bench(program.STORE, "agent.store", cases, program.FRESH)
    bench.measure()
    step = [one for one in bench.mutants if one.function == "Store.step"]
    obvious = [one for one in step if one.change.startswith("drop self.")]
    assert obvious and all(fate.killed for _, fate in bench.try_all(obvious, 1))
