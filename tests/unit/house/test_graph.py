# SPDX-License-Identifier: MIT
"""The house, drawn from the sources: no circle anywhere, no import from a ring into a higher one, no crowded folder.

What the drawing itself can see is tried on small trees that are made up.
"""

from pathlib import Path

import pytest

from nightlatch.micropython import ROOT
from tests.unit.house import graph

# Lowest first. Who is listed may import from his own ring and from those before it.
RINGS = (
    ("nightlatch", "nightlatch.wire", "nightlatch.errors", "nightlatch.files", "nightlatch.micropython"),
    ("nightlatch.link", "nightlatch.phone", "nightlatch.device"),
    ("nightlatch.flash", "nightlatch.update", "nightlatch.card", "nightlatch.vault"),
    ("nightlatch.workshop",),
    # the simulator stands beside them, and has floors of its own
    ("nightlatch.sim", "nightlatch.sim.bootrom", "nightlatch.sim.cards", "nightlatch.sim.radio"),
    ("nightlatch.sim.reader",),
    ("nightlatch.sim.car",),
    ("nightlatch.sim.story", "nightlatch.sim.terminal"),
    ("nightlatch.cli", "nightlatch.scripting"),
)
STORE = (
    ("agent.store.flash",),
    ("agent.store.ring",),
    ("agent.store.mount",),
    ("agent.store",),
)
MOST = 16


@pytest.fixture(scope="module")
def host() -> graph.Graph:
    wire = (ROOT / "firmware" / "wire", "nightlatch.wire")
    return graph.python((ROOT / "host_tools" / "nightlatch", "nightlatch"), wire)


def test_host_tools_have_no_circle(host: graph.Graph) -> None:
    assert len(host) > 150
    assert graph.circles(host) == []


def test_the_firmware_has_no_circle() -> None:
    drawn = graph.python((ROOT / "firmware", ""))
    assert len(drawn) > 100
    assert graph.circles(drawn) == []


def test_the_store_is_built_from_below() -> None:
    drawn = graph.python((ROOT / "firmware", ""))
    inside = {name: needs for name, needs in drawn.items() if name.startswith("agent.store")}
    assert len(inside) > 25
    own = {name: {one for one in needs if one in inside} for name, needs in inside.items()}
    assert graph.upward(own, STORE) == []


def test_set_up_has_no_circle() -> None:
    drawn = graph.python((ROOT / "boards" / "setup", ""))
    assert len(drawn) > 15
    assert graph.circles(drawn) == []


def test_the_c_of_the_boards_has_no_circle() -> None:
    drawn = graph.c(ROOT / "boards")
    assert {"QEMU_MPS2/clock.c", "QEMU_MPS2/host.c", "QEMU_MPS2/uart.c"} <= drawn["QEMU_MPS2/board.c"]
    assert {"UNIX/blesim_air.c", "UNIX/blesim_links.c"} <= drawn["UNIX/blesim.c"]
    assert graph.circles(drawn) == []


def test_no_import_goes_up(host: graph.Graph) -> None:
    assert graph.upward(host, RINGS) == []


def test_no_folder_is_crowded() -> None:
    assert not graph.crowded(ROOT, ("boards", "firmware", "host_tools"), MOST)


# --- what the drawing can see


def tree(root: Path, **files: str) -> Path:
    """Modules by their paths, with __ for a slash."""
    for name, text in files.items():
        file = root / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


LATE = "def late():\n    from .{} import name\n"
TYPED = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..{} import module\n"


def test_a_circle_is_seen(tmp_path: Path) -> None:
    tree(tmp_path, high__one=LATE.format("two"), high__two=TYPED.format("low"), low__module="import house.high.one\n")
    drawn = graph.python((tmp_path, "house"))
    assert drawn["house.high.two"] == {"house.low.module"}
    assert graph.circles(drawn) == [["house.high.one", "house.high.two", "house.low.module"]]
    (tmp_path / "low" / "module.py").write_text("import house.high.three\n")
    assert graph.circles(graph.python((tmp_path, "house"))) == []


def test_a_package_and_what_lies_in_it_are_two_things(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "__init__.py").write_text("from .thing import Thing\n")
    (tmp_path / "room" / "thing.py").write_text("from . import other\n")
    (tmp_path / "room" / "other.py").write_text("")
    assert graph.circles(graph.python((tmp_path, "house"))) == []
    (tmp_path / "room" / "other.py").write_text("from . import Thing\n")
    assert graph.circles(graph.python((tmp_path, "house"))) == [["house.room", "house.room.other", "house.room.thing"]]


def test_an_import_upwards_is_seen(tmp_path: Path) -> None:
    tree(tmp_path, low__module=TYPED.format("high"), high__module="from ..low import module\n", lost="")
    rings = (("house.low",), ("house.high",))
    drawn = graph.python((tmp_path, "house"))
    assert graph.upward(drawn, rings) == ["house.lost", "house.low.module > house.high.module"]
    inner = (("house.high", "house.lost"), ("house.low",), ("house.high.module",))
    assert graph.upward(drawn, inner) == ["house.low.module > house.high.module"]


def test_a_17th_file_is_seen(tmp_path: Path) -> None:
    for number in range(16):
        tree(tmp_path, **{f"room__module{number}": "", f"room__inner__module{number}": ""})
    assert graph.crowded(tmp_path, ("room",), MOST) == {}
    (tmp_path / "room" / "page.md").write_text("")
    assert graph.crowded(tmp_path, ("room",), MOST) == {}
    (tmp_path / "room" / "start.sh").write_text("")
    assert graph.crowded(tmp_path, ("room",), MOST) == {"room": 17}


ONE = '#include "all.h"\nint one_value = 1;\n// two()\nvoid one(void) {\n    puts("two()");\n}\n'
TWO = '#include "all.h"\nvoid two(void) {\n    %s\n}\nstatic void start(void) {\n}\n'


@pytest.mark.parametrize("use", ["one();", "one_value++;"])
def test_a_circle_of_c_is_seen(tmp_path: Path, use: str) -> None:
    (tmp_path / "all.h").write_text("void one(void);\nvoid two(void);\nextern int one_value;\n")
    (tmp_path / "one.c").write_text(ONE)
    (tmp_path / "two.c").write_text(TWO % use)
    assert graph.c(tmp_path) == {"all.h": set(), "one.c": {"all.h"}, "two.c": {"all.h", "one.c"}}
    (tmp_path / "one.c").write_text(ONE + "void three(void) {\n    start();\n    two();\n}\n")
    assert graph.circles(graph.c(tmp_path)) == [["one.c", "two.c"]]
    (tmp_path / "one.c").write_text(ONE + "static void two(void) {\n}\nvoid three(void) {\n    two();\n}\n")
    assert graph.circles(graph.c(tmp_path)) == []


def test_a_circle_of_headers_is_seen(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "one.h").write_text('#include "inner/two.h"\n')
    (tmp_path / "inner" / "two.h").write_text('#include "../one.h"\n')
    assert graph.circles(graph.c(tmp_path)) == [["inner/two.h", "one.h"]]
