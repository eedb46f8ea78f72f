# SPDX-License-Identifier: MIT
"""What may kill a mutant: all cases, in one list. Who writes a new suite for the store names it here.

A case is a function of a module, and its arguments. It fails when it raises, and when it returns a list that is not
empty, or a tuple that ends in one. All run under CPython in one process, over a flash of tests/model.
"""

from typing import Any

from tests.model import (
    adopted,
    compacting,
    damage,
    gathered,
    idling,
    indexed,
    losing,
    named,
    promises,
    resets,
    ring,
    settled,
    sorted_out,
    tabled,
    tallied,
    trod,
    unbuilt,
    upy_adapters,
)
from tests.power.workloads import GEOMETRIES, NAMES

Case = tuple[str, str, tuple[Any, ...]]  # module, function, arguments
# Of the objects alone.
DIRECT: Any = (
    *(adopted, compacting, damage, gathered, idling, indexed),
    *(named, resets, ring, settled, sorted_out, tabled, tallied, trod, unbuilt),
)
# Module, function, arguments behind the name of a geometry.
FLASHES: tuple[Case, ...] = (
    ("tests.model.rot", "each_bit", ()),
    ("tests.model.rot", "headless", ()),
    ("tests.model.rot", "foreign", ()),
    ("tests.model.rot", "rot", (5, 60)),
    ("tests.model.rot", "rot", (6, 300)),
    ("tests.model.wear", "newer", ()),
    ("tests.model.wear", "crammed", ()),
    ("tests.model.wear", "unwiped", ()),
    ("tests.model.wear", "full", ()),
    ("tests.model.wear", "worn", ("program", 2)),
    ("tests.model.wear", "worn", ("erase", 2)),
    ("tests.model.wear", "worn", ("refuse", 0)),
    ("tests.model.secrets", "lingering", ()),
    *(("tests.model.promises", promise.__name__, ()) for promise in promises.ALL),
    *(("tests.model.losing", promise.__name__, ()) for promise in losing.ALL),
    *(("tests.model.counts", name, ()) for name in ("starts", "overflow", "wear", "room")),
    ("tests.model.image", "layout", ()),
    ("tests.model.damage", "a_length", ()),
    *(("tests.model.refusals", name, ()) for name in ("refused_erase", "refused_open", "always_refused", "given_up")),
    ("tests.model.weak", "misread", ()),
    ("tests.model.weak", "half_killed", ()),
    *(("tests.model.wiping", name, ()) for name in ("reset", "last_erase", "refused", "unreadable")),
)
# Starts, steps and idle time on one flash, as long as is said.
HISTORIES = {
    50: "slice busy calm cuts hasty first faults worn all every-{}-1 every-{}-3 every-{}-7 idle-{}-1 idle-{}-4",
    200: "cuts all",
}
# Every operation of a workload is too many: one in so many fails, one change in so many is cut, on each geometry.
FAIL = {"compaction": 9, "older": 23, "worn": 11}
CUT = {"big": 4, "small": 9}
CUT_LONG = {"compaction": 11, "older": 23, "worn": 17}
EXAMPLES = (4, 12)  # stories of the state machine


def cases() -> list[Case]:
    """All of them; which is run first is for the times that they take to say."""
    out: list[Case] = [("tests.model.promises", "bodies", ()), ("tests.model.counts", "backwards", ())]
    out.append(("tests.model.promises", "addresses", ()))
    for module in DIRECT:
        out += [(case.__module__, case.__name__, ()) for case in module.ALL]
    for name in dir(upy_adapters):
        if name.startswith("test_"):
            out.append(("tests.model.upy_adapters", name, ()))
    for geometry in GEOMETRIES:
        out += [(module, name, (geometry, *more)) for module, name, more in FLASHES]
        for name in NAMES:
            out.append(("tests.mutants.quick", "plays", (name, geometry)))
            if name.startswith("dead"):
                continue
            out.append(("tests.mutants.quick", "cuts", (name, geometry, CUT_LONG.get(name, CUT[geometry]))))
            for fault in ("OSError", "MemoryError"):
                stride = FAIL.get(name, 2)
                out.append(("tests.mutants.quick", "failing", (name, geometry, fault, fault == "OSError", stride)))
    for starts, names in HISTORIES.items():
        for chip in ("big", "small", "tight"):
            shapes = [name.format(chip) if "{" in name else f"{name}-{chip}" for name in names.split()]
            out += [("tests.power.histories", "play", (one, 1, starts)) for one in shapes]
    for tries in (30, 150):
        out += [("tests.mutants.quick", "walked", (loop, tries)) for loop in ("plain", "viper")]
    out += [("tests.mutants.quick", "machine", (count,)) for count in EXAMPLES]
    return out


def shown(case: Case) -> str:
    """A case as a person reads it."""
    module, name, given = case
    return f"{module.removeprefix('tests.')}.{name}{given!r}"
