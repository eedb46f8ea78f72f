# SPDX-License-Identifier: MIT
"""Who may import whom, read from the sources: the layers of agent and host tools, and what neither may touch."""

from pathlib import Path

import pytest

from nightlatch.micropython import ROOT
from tests.unit.house.imports import bare_excepts, imported, package_of

FIRMWARE = ROOT / "firmware"
HOST = ROOT / "host_tools"

# Lowest first. A unit (a module or a package) imports only from rows above its own, and from itself.
AGENT = (
    ("wire",),
    ("slots",),
    ("errors", "guard", "version"),
    ("clock", "policy"),
    ("crypto",),
    ("store",),
    ("actuator", "audit", "config", "reader"),
    ("consent", "time_floor"),
    ("office",),
    ("credential",),
    ("keyring",),
    ("requests",),
    ("gate",),
    ("channel",),
    ("update",),
    ("link", "supervisor"),
    ("hal",),
    ("app",),
    ("preload",),
    ("start",),
    ("boot", "main"),
)
TOOLS = (
    ("wire",),
    ("errors",),
    ("files", "micropython"),
    ("link", "phone", "vault"),
    ("device",),
    ("card", "flash"),
    ("update",),
    ("workshop",),
    ("scripting",),
    ("sim",),
    ("cli",),
)
HARDWARE = {"bluetooth", "esp", "esp32", "machine", "network", "rp2"}
NETWORK = {"network", "requests", "socket", "ssl", "tls", "urequests", "usocket", "ussl", "websocket"}
PURE = {"binascii", "struct"}


def sources(*folders: Path) -> list[Path]:
    return sorted(file for folder in folders for file in folder.rglob("*.py"))


def unit(name: str, package: str) -> str:
    """The unit that a dotted name is of: the part below `package`, or the first part of another name."""
    first, _, rest = name.partition(".")
    return rest.partition(".")[0] if first == package and rest else first


def imports_of(file: Path, root: Path) -> set[str]:
    return set(imported(file.read_text(), package_of(file, root)))


def upward(file: Path, root: Path, package: str, layers: tuple[tuple[str, ...], ...]) -> list[str]:
    """What a file imports from its own layer or a higher one."""
    rank = {name: index for index, row in enumerate(layers) for name in row}
    own = unit(".".join(file.relative_to(root).with_suffix("").parts), package)
    assert own in rank or own in (package, "__init__"), f"{own} has no place in the layers: give it one"
    found = {unit(name, package) for name in imports_of(file, root)} & rank.keys() - {own}
    return sorted(name for name in found if rank[name] >= rank.get(own, 0))


@pytest.mark.parametrize("file", sources(FIRMWARE), ids=lambda file: str(file.relative_to(FIRMWARE)))
def test_the_agent_imports_downwards(file: Path) -> None:
    assert upward(file, FIRMWARE, "agent", AGENT) == []


@pytest.mark.parametrize("file", sources(HOST), ids=lambda file: str(file.relative_to(HOST)))
def test_the_host_tools_import_downwards(file: Path) -> None:
    assert upward(file, HOST, "nightlatch", TOOLS) == []


def test_an_import_upwards_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "agent" / "crypto" / "aes.py"
    file.parent.mkdir(parents=True)
    file.write_text("def late():\n    from ..gate import Gate\n    from . import ct\n    import wire\n")
    assert upward(file, tmp_path, "agent", AGENT) == ["gate"]


def test_only_the_hal_knows_the_hardware() -> None:
    users = {file for file in sources(FIRMWARE) if imports_of(file, FIRMWARE) & HARDWARE}
    assert users and {file.parent for file in users} == {FIRMWARE / "agent" / "hal"}


def test_no_path_of_the_agent_knows_a_network() -> None:
    assert [file for file in sources(FIRMWARE) if imports_of(file, FIRMWARE) & NETWORK] == []


def test_the_wire_is_pure_and_self_contained() -> None:
    for file in sources(FIRMWARE / "wire"):
        names = set(imported(file.read_text(), "nightlatch.wire"))
        outside = {name.partition(".")[0] for name in names if not name.startswith("nightlatch.wire")}
        assert outside <= PURE | {"micropython", "typing"}, file
        assert "wire" not in {name.partition(".")[0] for name in names}, f"{file}: relative imports only"


def test_host_and_agent_share_the_wire_alone() -> None:
    for file in sources(HOST):
        assert not {"agent", "wire"} & {name.partition(".")[0] for name in imports_of(file, HOST)}, file
    for file in sources(FIRMWARE):
        assert not {name for name in imports_of(file, FIRMWARE) if name.startswith("nightlatch")}, file


def test_no_except_catches_what_it_does_not_name() -> None:
    every = sources(FIRMWARE, HOST, ROOT / "tests", ROOT / "boards")
    assert {str(file): lines for file in every if (lines := bare_excepts(file.read_text()))} == {}
    assert bare_excepts("try:\n    pass\nexcept:\n    pass\n") == [3]
