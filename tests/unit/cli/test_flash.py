# SPDX-License-Identifier: MIT
"""`flash plan`, `write`, `verify`: what they say, each exit code, and a board that comes back as an agent."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nightlatch import micropython
from nightlatch.cli.main import main
from nightlatch.flash import uf2job
from nightlatch.sim.bootrom.esp_port import EspPort
from nightlatch.sim.bootrom.esp_rom import EspRom
from nightlatch.sim.bootrom.nor import Nor
from nightlatch.sim.bootrom.uf2_drive import Uf2Drive
from nightlatch.sim.car.cable import Cable
from nightlatch.sim.car.lock import Lock
from tests.unit.flash import flash_bench as bench

RP2040 = 0xE48BFF56
RUN = Path(__file__).with_name("flash_run.py")
SERIAL = "a0b1c2d3e4f5"


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Boards of our own; no port, drive or unfinished flash of this machine is seen."""
    folder = bench.boards(tmp_path / "boards")
    monkeypatch.setattr("nightlatch.flash.board.boards_dir", lambda: folder)
    monkeypatch.setattr("nightlatch.flash.drive.mounts", lambda: sorted(tmp_path.glob("drive*")))
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    monkeypatch.setattr(uf2job, "VANISH_S", 0.5)
    monkeypatch.setattr("sys.stdin", open(os.devnull))
    for name in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        (tmp_path / name).mkdir(mode=0o700)
        monkeypatch.setenv(name, str(tmp_path / name))


@pytest.fixture
def built(tmp_path: Path) -> str:
    (tmp_path / "built.bin").write_bytes(bench.stock(size=20_000, banner=bench.ours()))
    return str(tmp_path / "built.bin")


@pytest.fixture
def uf2(tmp_path: Path) -> str:
    (tmp_path / "pico.uf2").write_bytes(bench.uf2(RP2040, bench.firmware(RP2040, 40)))
    return str(tmp_path / "pico.uf2")


@pytest.fixture
def chip() -> Iterator[EspPort]:
    with EspPort(EspRom("esp32s3", Nor(4 * bench.MB))) as port:
        yield port


def said(capfd: pytest.CaptureFixture[str], arguments: list[str], code: int, word: str = "") -> dict[str, Any]:
    """Run with --json: the exit code, one object, its error's word; returns its data."""
    assert main(["flash", *arguments, "--json"]) == code
    out, _ = capfd.readouterr()
    assert out.count("\n") == 1
    answer = json.loads(out)
    assert list(answer) == ["schema", "ok", "data", "error"] and answer["ok"] == (code in (0, 9))
    assert (answer["error"] or {}).get("code", "") == word
    data: dict[str, Any] = answer["data"]
    return data


def test_0_plan_offline(capfd: pytest.CaptureFixture[str], built: str) -> None:
    assert main(["flash", "plan", "--board", "ESP32_S3", built, "--offline"]) == 0
    out, err = capfd.readouterr()
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["REGION", "OFFSET", "SIZE", "ACTION", "NOTE"]
    assert ["store", "0x3c0000", "0x40000", "keep"] in lines and "no device was asked" in err
    data = said(capfd, ["plan", "--board", "ESP32_S3", built, "--offline", "--erase-store"], 0)
    assert data["lost"] and {"erase", "keep", "write"} == {row["action"] for row in data["regions"]}


def test_0_plan_write_verify(capfd: pytest.CaptureFixture[str], built: str, chip: EspPort) -> None:
    arguments = ["--board", "ESP32_S3", built, "--port", chip.url]
    data = said(capfd, ["plan", *arguments], 0)
    assert (data["device"], data["lost"], data["unfinished"]) == (SERIAL, [], None)
    assert not chip.rom.flash.erased, "a plan writes nothing"
    said(capfd, ["verify", *arguments], 7, "verify")
    data = said(capfd, ["write", *arguments], 0)
    assert data["verified"] and data["written"] > 20_000
    data = said(capfd, ["verify", *arguments], 0)
    assert (data["verified"], data["by"], data["hello"]) == (True, "digest", None)
    assert main(["flash", "write", *arguments]) == 0
    out, err = capfd.readouterr()
    assert out == f"{SERIAL}: it is there already, verified\n" and "device info" in err
    assert main(["flash", "verify", *arguments, "-q"]) == 0
    assert capfd.readouterr() == (f"{SERIAL}: it holds this image\n", "")


def test_1_bad_image(capfd: pytest.CaptureFixture[str], built: str, chip: EspPort, tmp_path: Path) -> None:
    bad = tmp_path / "bad.bin"
    bad.write_bytes(Path(built).read_bytes()[:-40])
    said(capfd, ["write", "--board", "ESP32_S3", str(bad), "--port", chip.url], 1, "bad_image")
    said(capfd, ["write", "--board", "ESP32_S3", str(tmp_path / "none"), "--port", chip.url], 1, "no_image")
    said(capfd, ["plan", "--board", "RPI_PICO_W", built, "--offline"], 1, "bad_image")
    chip.rom.flash.data[bench.STORE_AT] = 0
    said(capfd, ["write", "--board", "ESP32_S3", built, "--port", chip.url], 1, "store_foreign")
    assert not chip.rom.flash.erased


def test_2_usage(capfd: pytest.CaptureFixture[str], built: str, uf2: str, chip: EspPort) -> None:
    arguments = ["--board", "ESP32_S3", built, "--port", chip.url]
    said(capfd, ["write", "--board", "ESP32_S9", built], 2, "usage")
    said(capfd, ["write", built], 2, "usage")
    said(capfd, ["write", *arguments, "--drive", "/"], 2, "usage")
    said(capfd, ["plan", "--board", "RPI_PICO_W", uf2, "--offline", "--agent", built], 2, "usage")
    said(capfd, ["write", "--board", "ESP32_S3", built, "--erase-store"], 2, "usage")  # at once, no device is sought
    old = Path(built).read_bytes()
    chip.rom.flash.data[: len(old)] = old
    chip.rom.flash.data[bench.STORE_AT] = 0xFF
    said(capfd, ["write", *arguments], 2, "usage")  # its file system would be lost
    assert not chip.rom.flash.erased
    assert said(capfd, ["write", *arguments, "--yes"], 0)["lost"]


def test_2_the_last_four_of_the_serial(
    capfd: pytest.CaptureFixture[str], built: str, chip: EspPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["flash", "write", "--board", "ESP32_S3", built, "--port", chip.url, "--erase-store", "-q"]
    for typed, code in (("e4f6\n", 2), ("E4F5\n", 0)):
        monkeypatch.setattr("nightlatch.cli.context.Context.need_consent", lambda _: None)
        read, write = os.pipe()
        os.write(write, typed.encode())
        os.close(write)
        monkeypatch.setattr("sys.stdin", os.fdopen(read))
        assert main(arguments) == code
        assert "its claim, its keys and its log" in capfd.readouterr().err


def test_3_no_device(capfd: pytest.CaptureFixture[str], built: str, uf2: str) -> None:
    said(capfd, ["write", "--board", "ESP32_S3", built], 3, "no_device")
    said(capfd, ["write", "--board", "ESP32_S3", built, "--port", "serial:/dev/no-such"], 3, "no_device")
    said(capfd, ["write", "--board", "RPI_PICO_W", uf2], 3, "no_device")
    said(capfd, ["verify", "--board", "RPI_PICO_W", uf2], 3, "no_device")


def test_4_several(capfd: pytest.CaptureFixture[str], tmp_path: Path, uf2: str) -> None:
    flash = Nor(2 * bench.MB)
    with Uf2Drive(tmp_path / "drive1", "rp2040", flash), Uf2Drive(tmp_path / "drive2", "rp2040", flash):
        data = said(capfd, ["write", "--board", "RPI_PICO_W", uf2], 4, "several_devices")
    assert len(data["drives"]) == 2 and not flash.erased


def test_5_busy(capfd: pytest.CaptureFixture[str], built: str, chip: EspPort) -> None:
    with open(chip.path, "rb", buffering=0) as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        said(capfd, ["write", "--board", "ESP32_S3", built, "--port", chip.url], 5, "port_unavailable")


def test_7_mismatch(capfd: pytest.CaptureFixture[str], tmp_path: Path, built: str, uf2: str, chip: EspPort) -> None:
    (tmp_path / "c3.bin").write_bytes(bench.stock(5, 20_000))
    said(capfd, ["write", "--board", "ESP32_C3", str(tmp_path / "c3.bin"), "--port", chip.url], 7, "wrong_board")
    said(capfd, ["write", "--board", "ESP32_S3", str(tmp_path / "c3.bin"), "--port", chip.url], 7, "wrong_board")
    (tmp_path / "built.bin.sha256").write_text("0" * 64)
    said(capfd, ["write", "--board", "ESP32_S3", built, "--port", chip.url], 7, "image_hash")
    said(capfd, ["plan", "--board", "RPI_PICO2_W", uf2, "--offline"], 7, "wrong_board")
    flash = Nor(4 * bench.MB)
    with Uf2Drive(tmp_path / "drive", "rp2350", flash):
        for verb in ("plan", "write"):
            said(capfd, [verb, "--board", "RPI_PICO_W", uf2], 7, "wrong_board")
    assert not flash.erased and not chip.rom.flash.erased


class Striking(EspRom):
    """Signals the tool when it has taken so many blocks."""

    def __init__(self, at: int, number: int) -> None:
        super().__init__("esp32s3", Nor(4 * bench.MB))
        self.at, self.number, self.tool = at, number, 0

    def answer(self, packet: bytes) -> list[bytes]:
        if self.tool and self.blocks == self.at:
            os.kill(self.tool, self.number)
            self.tool = 0
        return super().answer(packet)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("at", [1, 9])
def test_8_interrupted_or_killed_and_gone_on_with(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], built: str, number: int, at: int
) -> None:
    rom = Striking(at, number)
    with EspPort(rom) as port:
        arguments = ["write", "--board", "ESP32_S3", built, "--port", port.url]
        argv = [sys.executable, str(RUN), str(tmp_path / "boards"), "flash", *arguments, "--json"]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        rom.tool = process.pid
        out, err = process.communicate(timeout=60)
        assert not rom.tool, "it was never struck"
        if number == signal.SIGINT:
            assert process.returncode == 8 and json.loads(out)["error"]["code"] == "flash_interrupted"
            assert b"flash verify" in err and b"Traceback" not in err
        else:
            assert process.returncode == -signal.SIGKILL
        assert "cut short" in said(capfd, ["plan", *arguments[1:]], 0)["unfinished"]
        assert said(capfd, ["verify", *arguments[1:]], 7, "verify")["unfinished"]
        assert said(capfd, arguments, 0)["verified"]
        assert said(capfd, ["plan", *arguments[1:]], 0)["unfinished"] is None


def test_8_a_drive_that_stays(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, uf2: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Uf2Drive(tmp_path / "drive", "rp2040", Nor(2 * bench.MB)) as rom:
        monkeypatch.setattr(rom, "block", lambda block: None)
        said(capfd, ["write", "--board", "RPI_PICO_W", uf2], 8, "flash_interrupted")
        assert said(capfd, ["plan", "--board", "RPI_PICO_W", uf2], 0)["unfinished"]


def test_9_nobody_answers_yet(capfd: pytest.CaptureFixture[str], tmp_path: Path, uf2: str) -> None:
    with Uf2Drive(tmp_path / "drive", "rp2040", Nor(2 * bench.MB)) as rom:
        data = said(capfd, ["write", "--board", "RPI_PICO_W", uf2, "--wait", "0.2"], 9, "manual_step")
    assert rom.complete and data["written"] and data["hello"] is None and data["by"] is None and "verified" not in data


class Board:
    """A Pico: a drive while it is in its boot ROM, the real agent on a cable afterwards."""

    def __init__(self, folder: Path, cable: Cable, name: str) -> None:
        self.folder = folder
        self.drive = Uf2Drive(folder / "drive", "rp2040", Nor(2 * bench.MB), self.start)
        self.agent: subprocess.Popen[bytes] | None = None
        self.wiring = folder / "wiring.json"
        wired = {"board": name, "id": "0011223344556677", "serial": cable.agent, "lock": str(folder / "lock.sock")}
        self.wiring.write_text(json.dumps(wired | {"flash": str(folder / "flash.img")}))

    def start(self) -> None:
        argv, env = micropython.agent(self.wiring)
        null = subprocess.DEVNULL
        self.agent = subprocess.Popen(argv, env=env, cwd=self.folder, stdin=null, stdout=null)

    def stop(self) -> None:
        if self.agent is not None:
            self.agent.kill()
            self.agent.wait()


@contextlib.asynccontextmanager
async def pico(folder: Path, name: str) -> Any:
    cable, lock = Cable(), Lock(folder / "lock.sock")
    await lock.start()
    cable.start()
    board = Board(folder, cable, name)
    try:
        yield board, f"pty:{cable.technician}"
    finally:
        board.stop()
        cable.stop()
        await lock.stop()


@pytest.mark.parametrize("name", ["RPI_PICO_W", "RPI_PICO"])
def test_it_comes_back_as_an_agent(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, uf2: str, name: str
) -> None:
    async def act() -> None:
        async with pico(tmp_path, name) as (board, port):
            arguments = ["--board", "RPI_PICO_W", uf2, "--port", port]
            right = name == "RPI_PICO_W"
            with board.drive:
                wanted = (0, "") if right else (7, "wrong_board")
                data = await asyncio.to_thread(said, capfd, ["write", *arguments], *wanted)
            assert board.drive.complete
            if right:
                assert (data["hello"]["board"], data["hello"]["serial"]) == (name, "0011223344556677")
                version = data["hello"]["firmware"]
                assert (data["verified"], data["by"]) == (True, "hello")
                data = await asyncio.to_thread(said, capfd, ["verify", *arguments, "--firmware", version], 0)
                assert data["hello"]["firmware"] == version
                await asyncio.to_thread(said, capfd, ["verify", *arguments, "--firmware", "9.9.9"], 7, "version")
            else:
                await asyncio.to_thread(said, capfd, ["verify", *arguments], 7, "wrong_board")

    asyncio.run(asyncio.wait_for(act(), 60))
