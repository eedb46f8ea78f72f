# SPDX-License-Identifier: MIT
"""Discovery: USB ids out of board.json, run files of simulators, and never a pick among several."""

import json
import os
import pty
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.errors import HostError, NoDevice, SeveralDevices
from nightlatch.link import choose, find, open_link
from nightlatch.link.boards import boards_dir, usb_ids
from nightlatch.link.running import alive, run_dir, running_car, running_cars


def board(root: Path, name: str, content: object) -> Path:
    (root / name).mkdir(parents=True)
    (root / name / "board.json").write_text(json.dumps(content))
    return root


def ours(usb: object) -> dict[str, object]:
    return {"nightlatch": {"usb": usb}}


def run_file(root: Path, name: str, content: object) -> Path:
    (root / "sim" / name).mkdir(parents=True, exist_ok=True)
    (root / "sim" / name / "sim.json").write_text(json.dumps(content))
    return root


def ended_pid() -> int:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def port(device: str, vid: int | None, pid: int | None) -> SimpleNamespace:
    return SimpleNamespace(device=device, vid=vid, pid=pid, description="d", serial_number="S1")


def test_usb_ids(tmp_path: Path) -> None:
    board(tmp_path, "PICO", ours([{"vid": "2E8A", "pid": "0005"}, {"vid": "2E8A", "pid": "000A"}]))
    board(tmp_path, "OTHER", ours([{"vid": "2E8A", "pid": "0005"}]))
    board(tmp_path, "PLAIN", {"mcu": "unix"})
    board(tmp_path, "UNIX", ours([]))
    assert usb_ids(tmp_path) == {(0x2E8A, 5): ["OTHER", "PICO"], (0x2E8A, 10): ["PICO"]}


@pytest.mark.parametrize(
    "usb",
    [1, {}, ["x"], [{"vid": "0001"}], [{"vid": "1", "pid": "0002"}], [{"vid": "0x0001", "pid": "0x0002"}],
     [{"vid": "000a", "pid": "0002"}], [{"vid": 1, "pid": 2}]],
)
def test_a_malformed_board_is_named(tmp_path: Path, usb: object) -> None:
    board(tmp_path, "BAD", ours(usb))
    if usb == {}:
        assert usb_ids(tmp_path) == {}
        return
    with pytest.raises(HostError, match=r"boards/BAD/board\.json"):
        usb_ids(tmp_path)


def test_the_boards_of_this_project_are_well_formed() -> None:
    assert boards_dir().is_dir()
    usb_ids()


def test_only_named_usb_ports_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boards = board(tmp_path / "boards", "PICO", ours([{"vid": "2E8A", "pid": "0005"}]))
    ports = [
        port("/dev/ttyACM1", 0x2E8A, 5),
        port("/dev/ttyS0", None, None),
        port("/dev/ttyUSB0", 0x0403, 0x6001),
    ]
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: ports)
    assert [one.url for one in find(boards, tmp_path)] == ["serial:/dev/ttyACM1"]
    assert choose(None, boards, tmp_path) == "serial:/dev/ttyACM1"
    ports.append(port("/dev/ttyACM0", 0x2E8A, 5))
    with pytest.raises(SeveralDevices, match=r"ttyACM0, serial:/dev/ttyACM1$"):
        choose(None, boards, tmp_path)
    assert choose("pty:/dev/pts/1", boards, tmp_path) == "pty:/dev/pts/1"


def test_simulators(tmp_path: Path) -> None:
    boards = tmp_path / "none"
    with pytest.raises(NoDevice):
        choose(None, boards, tmp_path)
    run_file(
        tmp_path, "car", {"pid": os.getpid(), "serial": "/dev/pts/1", "hci": "tcp-client:1", "nfc": None}
    )
    run_file(tmp_path, "old", {"pid": ended_pid(), "serial": "/dev/pts/2"})
    assert [car.name for car in running_cars(tmp_path)] == ["car"]
    assert choose(None, boards, tmp_path) == "sim:car"
    run_file(tmp_path, "two", {"pid": os.getpid(), "serial": "/dev/pts/3"})
    with pytest.raises(SeveralDevices) as several:
        choose(None, boards, tmp_path)
    assert several.value.exit_code == 4
    assert several.value.data == {"urls": ["sim:car", "sim:two"]}
    with pytest.raises(NoDevice, match="has ended") as stale:
        running_car("old", tmp_path)
    assert stale.value.exit_code == 3 and "--name old" in stale.value.hint


def test_a_simulator_is_one_more_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(NoDevice, match="sim:car"):
        open_link("sim:", 1)
    master, slave = pty.openpty()
    run_file(tmp_path / "nightlatch", "car", {"pid": os.getpid(), "serial": os.ttyname(slave)})
    with open_link("sim:", 1) as link:
        assert link.url == "sim:car"
        link.write(b"hello\n")
        assert os.read(master, 10) == b"hello\n"
    os.close(master)
    os.close(slave)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["pid", "serial", "hci", "nfc"]), inner)
    ),
    max_leaves=8,
)


@given(json_values | st.binary(max_size=40))
def test_any_run_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: object) -> None:
    root = run_file(tmp_path_factory.getbasetemp(), "car", 0)
    if isinstance(content, bytes):
        (root / "sim" / "car" / "sim.json").write_bytes(content)
    else:
        run_file(root, "car", content)
    try:
        car = running_car("car", root)
    except NoDevice:
        return
    assert alive(car.pid) and car.serial_path


def test_alive() -> None:
    assert alive(os.getpid()) and not alive(ended_pid()) and not alive(1 << 40)


def test_no_warning_of_a_library_reaches_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run_dir("car").name == "car"


def test_a_run_file_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_file(tmp_path, "car", {"pid": os.getpid(), "serial": "/dev/pts/1"})
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
    with pytest.raises(NoDevice, match="another user"):
        running_car("car", tmp_path)
