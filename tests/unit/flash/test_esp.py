# SPDX-License-Identifier: MIT
"""Flashing an ESP32: the real esptool against a model of the ROM loader, cut at every block, refused, gone on with."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from esp_pylib.logger import EspLog

from nightlatch.errors import HostError, Interrupted, Mismatch, NoDevice, PortUnavailable, Refused, UsageError
from nightlatch.flash import BadImage, Board, Order, Plan, espimage, espjob, load
from nightlatch.flash.rom import Rom
from nightlatch.flash.state import State
from nightlatch.sim.bootrom.esp_port import EspPort, Frames, frame
from nightlatch.sim.bootrom.esp_rom import EspRom
from nightlatch.sim.bootrom.nor import SECTOR, Nor
from tests.kit.sample import parts
from tests.unit.flash import flash_bench as bench

SERIAL = "a0b1c2d3e4f5"
STORE = slice(bench.STORE_AT, bench.STORE_AT + bench.STORE_SIZE)
STORE_SECTORS = set(range(bench.STORE_AT // SECTOR, (bench.STORE_AT + bench.STORE_SIZE) // SECTOR))


def image(seed: str, chip_id: int = 9) -> bytes:
    """Three steps of program, most of it zeros: few blocks to cut at."""
    boot = bench.esp_image(chip_id, bench.noise(2000, f"boot {seed}")).ljust(0x8000, b"\xff")
    body = bench.ours(chip_id) + bench.noise(3000, seed) + bytes(130_000) + bench.noise(2000, seed + "!")
    return boot + bench.STOCK_TABLE.ljust(0x8000, b"\xff") + bench.esp_image(chip_id, body)


def order(tmp_path: Path, seed: str = "new", board: str = "ESP32_S3", erase: bool = False, chip_id: int = 9) -> Order:
    folder = tmp_path / "boards"
    if not folder.exists():
        bench.boards(folder)
    path = tmp_path / f"{seed}.bin"
    path.write_bytes(image(seed, chip_id))
    made = Order.read(board, path, erase_store=erase, boards=folder)
    return replace(made, state=State(tmp_path / "state"))


def old(made: Order) -> Nor:
    """A flash with an older program of ours and a store that is in use."""
    flash = Nor(4 * bench.MB)
    for step in made.plan().steps:
        flash.data[step.offset : step.offset + len(step.data)] = step.data
    store = b"".join(b"NLM2" + bench.noise(SECTOR - 4, str(n)) for n in range(bench.STORE_SIZE // SECTOR))
    flash.data[STORE] = store
    return flash


@contextmanager
def device(flash: Nor, left: int | None = None, chip: str = "esp32s3", flags: int = 0) -> Iterator[EspPort]:
    rom = EspRom(chip, flash, flags=flags)
    rom.blocks_left = left
    with EspPort(rom) as port:
        yield port


def write(made: Order, port: EspPort) -> int:
    with made.device(port.url, None) as one:
        return one.write(one.plan(), bench.deaf)


def holds(flash: Nor, plan: Plan) -> bool:
    return all(flash.data[step.offset :].startswith(step.data) for step in plan.steps)


def starts(flash: Nor) -> bool:
    """Whether the ROM finds a bootloader."""
    try:
        return bool(espimage.parse(bytes(flash.data[:0x8000]), "bootloader").data)
    except BadImage:
        return False


@pytest.mark.parametrize("chip", ["esp32s3", "esp32c3"])
def test_a_blank_chip(tmp_path: Path, chip: str, capfd: pytest.CaptureFixture[str]) -> None:
    name, chip_id = ("ESP32_S3", 9) if chip == "esp32s3" else ("ESP32_C3", 5)
    made, flash, logger = order(tmp_path, board=name, chip_id=chip_id), Nor(4 * bench.MB), EspLog.instance
    with device(flash, chip=chip) as port, made.device(port.url, None) as one:
        plan = one.plan()
        assert (one.name, plan.device, plan.lost, one.unfinished()) == (SERIAL, SERIAL, (), None)
        assert one.write(plan, bench.deaf) == plan.size
        assert one.started(None, 0, bench.deaf) is None
    assert holds(flash, plan) and starts(flash) and not flash.erased & STORE_SECTORS
    assert EspLog.instance is logger, "esptool's own logger was put back"
    with device(flash, chip=chip) as port:
        assert made.verify(port.url, bench.deaf) == (SERIAL, None)
        assert write(made, port) == 0 and port.rom.blocks == 0, "what is there is not written again"
    assert capfd.readouterr() == ("", ""), "a library does not print"


@pytest.mark.parametrize("part", parts(3))
def test_cut_at_every_block_and_gone_on_with(tmp_path: Path, part: tuple[int, int]) -> None:
    first, made = order(tmp_path, "old"), order(tmp_path)
    whole = old(first)
    before = bytes(whole.data[STORE])
    with device(whole) as port:
        write(made, port)
    blocks = port.rom.blocks
    assert blocks > 8
    for cut in range(part[0], blocks, part[1]):
        flash = old(first)
        with device(flash, cut) as port, pytest.raises(Interrupted) as failed:
            write(made, port)
        assert (failed.value.exit_code, failed.value.code) == (8, "flash_interrupted"), cut
        assert "flash verify" in failed.value.hint
        complete = holds(flash, made.plan())  # but for the padding of the very last block
        assert complete or not starts(flash), f"cut at block {cut}: half of it would start"
        assert not complete or cut == blocks - 1
        with device(flash) as port:
            with made.device(port.url, None) as one:
                assert one.unfinished(), cut
            if not complete:
                with pytest.raises(Mismatch, match="interrupted") as seen:
                    made.verify(port.url, bench.deaf)
                assert seen.value.data and seen.value.data["unfinished"] and "bootloader" in seen.value.data["differ"]
            write(made, port)
            assert made.state and made.state.pending(SERIAL) is None
            assert made.verify(port.url, bench.deaf) == (SERIAL, None)
        assert port.rom.blocks <= blocks + 1 and holds(flash, made.plan()) and starts(flash), cut
        assert bytes(flash.data[STORE]) == before and not flash.erased & STORE_SECTORS, cut


def test_what_was_verified_is_not_written_again(tmp_path: Path) -> None:
    first, made = order(tmp_path, "old"), order(tmp_path)
    flash = old(first)
    with device(flash) as port:
        write(made, port)
        full = port.rom.blocks
    flash = old(first)
    with device(flash, full - 3) as port, pytest.raises(Interrupted):
        write(made, port)
    with device(flash) as port:
        write(made, port)
    assert port.rom.blocks < full / 2


def test_another_image_after_a_cut(tmp_path: Path) -> None:
    first, made, third = (order(tmp_path, seed) for seed in ("old", "new", "third"))
    flash = old(first)
    with device(flash, 4) as port, pytest.raises(Interrupted):
        write(made, port)
    with device(flash) as port, third.device(port.url, None) as one:
        assert "another image" in str(one.unfinished())
        one.write(one.plan(), bench.deaf)
    assert holds(flash, third.plan()) and third.state and third.state.pending(SERIAL) is None


def test_a_flash_that_does_not_hold_is_told(tmp_path: Path) -> None:
    made, flash = order(tmp_path), Nor(4 * bench.MB)
    flash.stuck.add(0x10000 + 1000)
    with device(flash) as port, pytest.raises(Mismatch) as failed:
        write(made, port)
    assert (failed.value.exit_code, failed.value.code) == (7, "verify") and "0x10000" in failed.value.message
    assert not starts(flash) and made.state and made.state.pending(SERIAL)
    with device(flash) as port, pytest.raises(Mismatch, match="firmware"):
        made.verify(port.url, bench.deaf)


def test_wrong_chip_wrong_size(tmp_path: Path) -> None:
    made = order(tmp_path)
    for chip, size, code in (("esp32c3", 4, "wrong_board"), ("esp32s3", 2, "flash_size")):
        flash = Nor(size * bench.MB)
        with device(flash, chip=chip) as port, pytest.raises(Mismatch) as failed:
            write(made, port)
        assert (failed.value.code, failed.value.exit_code) == (code, 7)
        assert not flash.erased and set(flash.data) == {0xFF}
    with device(Nor(8 * bench.MB)) as port:
        assert write(made, port)


@pytest.mark.parametrize(
    ("flags", "fuse", "why"),
    [
        (4, (0, 0), "secure download"),
        (0, (0x60007038, 1 << 20), "secure boot"),
        (0, (0x60007034, 1 << 18), "encryption"),
    ],
)
def test_a_locked_chip_is_left_alone(tmp_path: Path, flags: int, fuse: tuple[int, int], why: str) -> None:
    made, flash = order(tmp_path), Nor(4 * bench.MB)
    with device(flash, flags=flags) as port:
        port.rom.registers.write(*fuse, 0xFFFFFFFF)
        with pytest.raises(Refused, match=why) as failed:
            write(made, port)
    assert failed.value.code == "locked_chip" and not flash.erased


def test_what_is_lost_is_said(tmp_path: Path) -> None:
    made, flash = order(tmp_path), Nor(4 * bench.MB)
    stock = image("stock")
    flash.data[: len(stock)] = stock
    with device(flash) as port, made.device(port.url, None) as one:
        (lost,) = one.plan().lost
        assert lost.startswith("vfs: 2048 KB at 0x200000")
    other = bench.table(("ota_0", 0, 0x10, 0x10000, 0x100000), ("ota_1", 0, 0x11, 0x110000, 0x100000))
    flash.data[0x8000 : 0x8000 + len(other)] = other
    with device(flash) as port, made.device(port.url, None) as one:
        assert one.plan().lost == (), "a program that is replaced is no loss"
    flash.data[0x8000:0x8010] = bytes(16)
    with device(flash) as port, made.device(port.url, None) as one:
        assert "cannot be read" in one.plan().lost[0]
    with device(old(made)) as port, made.device(port.url, None) as one:
        assert one.plan().lost == ()


def test_the_store_goes_only_when_asked(tmp_path: Path) -> None:
    made, erasing = order(tmp_path), order(tmp_path, erase=True)
    flash = old(made)
    flash.data[STORE] = bench.noise(bench.STORE_SIZE, "a file system")
    with device(flash) as port, pytest.raises(Refused) as failed:
        write(made, port)
    assert failed.value.code == "store_foreign" and not flash.erased
    moved = bench.table(("factory", 0, 0, 0x10000, 0x1F0000), ("store", 1, 0x4E, 0x3B0000, 0x10000))
    flash = old(made)
    flash.data[0x8000 : 0x8000 + len(moved)] = moved
    with device(flash) as port, pytest.raises(Refused) as failed:
        write(made, port)
    assert failed.value.code == "store_moves" and not flash.erased
    with device(flash) as port:
        with erasing.device(port.url, None) as one:
            plan = one.plan()
            assert plan.lost[0].startswith("its claim") and plan.lost[1].startswith("store")
            one.write(plan, bench.deaf)
    assert set(flash.data[STORE]) == {0xFF} and starts(flash)
    with device(old(made), 3) as port, pytest.raises(Interrupted):
        write(erasing, port)


def test_ports_that_lead_nowhere(tmp_path: Path) -> None:
    made = order(tmp_path)
    master, slave = os.openpty()
    try:
        with pytest.raises(NoDevice) as failed:
            Rom(f"pty:{os.ttyname(slave)}", attempts=1)
        assert failed.value.code == "no_answer" and "BOOT" in failed.value.hint
    finally:
        os.close(master)
        os.close(slave)
    with pytest.raises(NoDevice):
        made.device("pty:/dev/no-such", None)
    for url in ("sim:", "tcp:localhost:1"):
        with pytest.raises(UsageError):
            made.device(url, None)
    with pytest.raises(UsageError):
        made.device(None, tmp_path)
    with device(Nor(4 * bench.MB)) as port, Rom(port.url), pytest.raises(PortUnavailable):
        Rom(port.url)


def test_a_step_at_a_time(tmp_path: Path) -> None:
    """`tell` hears of every step, and each stage reaches its end."""
    made, heard = order(tmp_path), []
    with device(Nor(4 * bench.MB)) as port, Rom(port.url) as one:
        assert made.state
        espjob.write(one, made.plan(), made.state, lambda *told: heard.append(told))
    assert {what for what, _, _ in heard} >= {"verifying", "writing firmware", "writing bootloader", "writing"}
    assert [done == total for what, done, total in heard if what == "writing"] == [True]
    assert heard[-1] == ("verifying", made.plan().size, made.plan().size)


def test_a_damaged_state_file_counts_as_unfinished(tmp_path: Path) -> None:
    state = State(tmp_path)
    for text in ("{", "[]", "5", "\0", "[" * 100_000):
        (tmp_path / f"{SERIAL}.json").write_text(text)
        pending = state.pending(SERIAL)
        assert pending is not None and pending.digest == "", text[:9]
    state.finish(SERIAL)
    state.finish(SERIAL)
    assert state.pending(SERIAL) is None


def test_a_flash_that_can_not_be_remembered_does_not_begin(tmp_path: Path) -> None:
    made = order(tmp_path)
    (tmp_path / "in the way").write_text("")
    (tmp_path / "folder" / f"{SERIAL}.json").mkdir(parents=True)
    for place in ("in the way", "in the way/flash", "folder"):
        with device(Nor(4 * bench.MB)) as port, pytest.raises(HostError) as refused:
            write(replace(made, state=State(tmp_path / place)), port)
        assert (refused.value.code, refused.value.exit_code, port.rom.blocks) == ("state", 1, 0), place
    with pytest.raises(HostError):
        State(tmp_path / "folder").finish(SERIAL)


def test_slip() -> None:
    data = bytes(range(256)) + b"\xdb\xdc\xc0\xdd"
    frames = Frames()
    sent = frame(data) + frame(b"\x00")
    assert [one for at in range(len(sent)) for one in frames.push(sent[at : at + 1])] == [data, b"\x00"]


def test_a_nor_flash_only_clears_bits() -> None:
    flash = Nor(2 * SECTOR)
    flash.program(10, b"\xf0")
    flash.program(10, b"\x3c")
    assert flash.data[10] == 0x30
    flash.erase(4095, 2)
    assert flash.data[10] == 0xFF and flash.erased == {0, 1}


def test_a_board_is_what_its_folder_says(tmp_path: Path) -> None:
    made = order(tmp_path)
    assert isinstance(made.board, Board) and made.board == load("ESP32_S3", tmp_path / "boards")
