# SPDX-License-Identifier: MIT
"""Flashing by UF2: files checked block by block, copies to a model of the boot ROM's drive cut at every block."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.device.types import Hello
from nightlatch.errors import HostError, Interrupted, Mismatch, NoDevice, SeveralDevices
from nightlatch.flash import BadImage, Board, Order, drive, load, uf2, uf2job
from nightlatch.flash.state import State
from nightlatch.sim.bootrom.nor import SECTOR, Nor
from nightlatch.sim.bootrom.uf2_drive import Uf2Drive, crc32_mpeg2
from nightlatch.wire import numbers as n
from tests.kit.sample import parts
from tests.unit.flash import flash_bench as bench

RP2040, RP2350 = 0xE48BFF56, 0xE48BFF59
KINDS = {"RPI_PICO_W": ("rp2040", RP2040, 2), "RPI_PICO2_W": ("rp2350", RP2350, 4)}
PAGES = 16 * 3 + 5  # three sectors and a piece


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Kind":
    monkeypatch.setattr(uf2job, "VANISH_S", 0.3)
    return Kind(request.param, tmp_path)


class Kind:
    """One of the two chips: its board, its files, its drive."""

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder
        self.name = name
        self.chip, self.family, size = KINDS[name]
        self.size = size * bench.MB
        self.boards = bench.boards(folder / "boards")
        self.board = load(name, self.boards)
        self.state = State(folder / "state")
        store = self.board.region("store")
        self.store = slice(store.offset, store.end)

    def order(self, seed: str = "new", pages: int = PAGES, erase: bool = False, head: bytes = b"") -> Order:
        path = self.folder / f"{seed}.uf2"
        path.write_bytes(head + bench.uf2(self.family, bench.firmware(self.family, pages, seed)))
        return replace(Order.read(self.name, path, erase_store=erase, boards=self.boards), state=self.state)

    def flash(self, seed: str = "old") -> Nor:
        """What a board holds: an older program, and a store."""
        flash = Nor(self.size, bench.firmware(self.family, PAGES + 40, seed))
        flash.data[self.store] = bench.noise(self.store.stop - self.store.start, "store")
        return flash

    def drive(self, flash: Nor, left: int | None = None, started: Callable[[], None] | None = None) -> Uf2Drive:
        made = Uf2Drive(self.folder / "drive", self.chip, flash, started)
        made.left = left
        return made

    def copy(self, order: Order, rom: Uf2Drive) -> None:
        uf2job.write(drive.find(rom.folder), order.plan(), self.state, bench.deaf, rom.sync)


def test_the_pages_of_a_file(kind: Kind) -> None:
    data = bench.firmware(kind.family, PAGES)
    pages = uf2.parse(bench.uf2(kind.family, data), kind.board)
    assert b"".join(page.data for page in pages) == data and uf2.extents(pages) == [(0, PAGES * 256)]
    plan = kind.order().plan()
    actions = {row.name: row.action for row in plan.rows}
    assert (actions["firmware"], actions["store"], plan.lost) == ("write", "keep", ())


def blocks_of(kind: Kind) -> list[bytes]:
    data = bench.uf2(kind.family, bench.firmware(kind.family, PAGES))
    return [data[at : at + 512] for at in range(0, len(data), 512)]


def test_files_that_are_refused(kind: Kind) -> None:
    good = blocks_of(kind)
    page = bytes(256)
    store = 0x10000000 + kind.store.start
    one = [bench.uf2_block(page, 0, 1, kind.family, store)]
    gap = [bench.uf2_block(page, k, 3, kind.family, 0x10000000 + at) for k, at in enumerate((0, 0x100, 0x300))]
    twice = [bench.uf2_block(page, k, 32, kind.family, 0x10000000 + k % 16 * 256) for k in range(32)]
    late = [bench.uf2_block(page, k, 2, kind.family, 0x10001000 + k * 256) for k in range(2)]
    ram = [bench.uf2_block(page, 0, 1, kind.family, 0x20000000)]
    far = [bench.uf2_block(page, 0, 1, kind.family, 0x10000000 + kind.size)]
    noflash = [bench.uf2_block(page, 0, 1, kind.family, 0x10000000, 0x2001)]
    for blocks, why in (
        (good[:-1], "truncated"),
        (good[1:], "truncated"),
        ([b"".join(good)[:-1]], "truncated"),
        ([b""], "no UF2"),
        ([*good[:5], good[6], good[5], *good[7:]], "wrongly"),
        (one, "store"),
        (gap, "not erase"),
        (twice, "one sector"),
        (late, "begin"),
        (ram, "no place"),
        (far, "no place"),
        (noflash, "kind"),
        ([bench.E10], "nothing"),
    ):
        with pytest.raises(BadImage, match=why):
            uf2.parse(b"".join(blocks), kind.board)
    tiny = bench.uf2(kind.family, bytes(256))
    with pytest.raises(BadImage, match="none that"):
        uf2.stream(uf2.parse(tiny, kind.board), kind.board)


@given(st.integers(0, 512 * 8 - 1))
def test_a_flipped_bit_in_a_blocks_frame_is_seen(tmp_path_factory: pytest.TempPathFactory, bit: int) -> None:
    board = _pico(tmp_path_factory)
    data = bytearray(bench.uf2(RP2040, bytes(512)))
    data[bit // 8] ^= 1 << bit % 8
    if 32 <= bit // 8 < 508:
        return  # payload and padding: UF2 has no checksum, FILE.sha256 has
    with pytest.raises((BadImage, Mismatch)):
        uf2.parse(bytes(data), board)


def _pico(factory: pytest.TempPathFactory, made: list[Board] = []) -> Board:  # noqa: B006
    if not made:
        made.append(load("RPI_PICO_W", bench.boards(factory.mktemp("boards") / "boards")))
    return made[0]


def test_another_chips_file(kind: Kind) -> None:
    other = RP2040 if kind.family == RP2350 else RP2350
    with pytest.raises(Mismatch) as failed:
        uf2.parse(bench.uf2(other, bytes(512)), kind.board)
    assert (failed.value.code, failed.value.exit_code) == ("wrong_board", 7)


def test_a_copy(kind: Kind) -> None:
    flash, order = kind.flash(), kind.order()
    before = bytes(flash.data[kind.store])
    with kind.drive(flash) as rom:
        assert rom.bootable()
        kind.copy(order, rom)
        assert rom.complete and rom.bootable() and not rom.folder.exists()
    assert flash.data.startswith(bench.firmware(kind.family, PAGES, "new"))
    assert bytes(flash.data[kind.store]) == before


def test_the_block_against_e10_would_cost_a_sector_of_the_store(tmp_path: Path) -> None:
    kind = Kind("RPI_PICO2_W", tmp_path)
    plain, guarded = kind.order("plain"), kind.order("plain", head=bench.E10)
    assert guarded.plan().steps == plain.plan().steps
    flash = kind.flash()
    kind.drive(flash).block(bench.E10)
    assert flash.erased == {kind.size // SECTOR - 1}, "the model of the boot ROM does not show why it is left out"


@pytest.mark.parametrize("part", parts(3))
def test_cut_at_every_block_and_copied_again(kind: Kind, part: tuple[int, int]) -> None:
    order = kind.order()
    image = bench.firmware(kind.family, PAGES, "new")
    for cut in (*range(part[0], PAGES, part[1]), PAGES):
        flash = kind.flash()
        before = bytes(flash.data[kind.store])
        with kind.drive(flash, cut) as rom:
            last = cut == PAGES  # gone with the last block: restart or cable, only the agent can say
            with contextlib.nullcontext() if last else pytest.raises(Interrupted) as failed:
                kind.copy(order, rom)
            assert failed is None or (failed.value.code, failed.value.exit_code) == ("flash_interrupted", 8), cut
            assert cut == 0 or not rom.bootable(), f"cut at block {cut}: half of it would start"
        pending = kind.state.pending(uf2job.device_of(kind.board))
        assert pending is not None and pending.done == last
        with kind.drive(flash) as rom:
            kind.copy(order, rom)
            assert rom.bootable()
        assert flash.data.startswith(image) and bytes(flash.data[kind.store]) == before, cut


def test_a_copy_that_stopped_and_another_image_of_the_same_length(kind: Kind) -> None:
    """The ROM passes over blocks that it has; so the first block of each copy makes it forget."""
    flash = kind.flash()
    with kind.drive(flash) as rom:
        first = kind.order("one").plan().steps[0].data
        (rom.folder / "NIGHTLCH.UF2").write_bytes(first[: len(first) // 2 // 512 * 512])
        with (rom.folder / "NIGHTLCH.UF2").open("rb") as file:
            rom.sync(file.fileno())
        assert rom.taken == len(first) // 2 // 512
        kind.copy(kind.order("two"), rom)
    assert flash.data.startswith(bench.firmware(kind.family, PAGES, "two"))


def test_a_drive_that_stays(kind: Kind) -> None:
    with kind.drive(kind.flash()) as rom:
        rom.block = lambda block: None  # type: ignore[method-assign]  # deaf to all of it
        with pytest.raises(Interrupted, match="still waits"):
            kind.copy(kind.order(), rom)


def test_the_store_goes_when_asked(kind: Kind) -> None:
    flash, order = kind.flash(), kind.order(erase=True)
    assert order.plan().lost and "erase" in {row.action for row in order.plan().rows}
    with kind.drive(flash) as rom:
        kind.copy(order, rom)
        assert rom.bootable()
    assert set(flash.data[kind.store]) == {0xFF} and flash.data.startswith(bench.firmware(kind.family, PAGES, "new"))
    wanted = {at // SECTOR for at in range(kind.store.start, kind.store.stop, SECTOR)}
    assert flash.erased == wanted | set(range(4))


def test_another_chips_drive(kind: Kind) -> None:
    other = "rp2350" if kind.chip == "rp2040" else "rp2040"
    flash = Nor(kind.size)
    with Uf2Drive(kind.folder / "drive", other, flash) as rom, pytest.raises(Mismatch) as failed:
        kind.copy(kind.order(), rom)
    assert failed.value.code == "wrong_board" and not flash.erased


def test_finding_the_drive(tmp_path: Path) -> None:
    with pytest.raises(NoDevice):
        drive.find(tmp_path)
    with pytest.raises(NoDevice):
        drive.find(None, [tmp_path])
    flash = Nor(bench.MB)
    with Uf2Drive(tmp_path / "a", "rp2040", flash), Uf2Drive(tmp_path / "b", "rp2350", flash):
        found = drive.find(None, [tmp_path, tmp_path / "b"])
        assert (found.path.name, found.board_id, found.model, found.chip) == (
            *("b", "RP2350", "Raspberry Pi RP2350", "rp2350"),
        )
        with pytest.raises(SeveralDevices) as failed:
            drive.find(None, [tmp_path / "a", tmp_path / "b"])
        assert failed.value.exit_code == 4
        (tmp_path / "a" / "INFO_UF2.TXT").write_bytes(b"Board-ID: nRF52840\n" + bytes(9000))
        assert drive.find(tmp_path / "a").chip == "nRF52840"
    assert all(isinstance(place, Path) for place in drive.mounts())


def test_what_the_agent_says_ends_a_flash(kind: Kind) -> None:
    order, flash = kind.order(), kind.flash()
    said = Hello(n.PROTOCOL, n.AGENT_BLANK, kind.name, "0.1.0", "NL-1")
    device = uf2job.device_of(kind.board)
    with kind.drive(flash, 3) as rom, pytest.raises(Interrupted):
        kind.copy(order, rom)
    with pytest.raises(Mismatch, match="cut short") as failed:
        uf2job.seen(kind.board, said, "x", kind.state)
    assert failed.value.code == "verify"
    with kind.drive(flash) as rom:
        kind.copy(order, rom)
    with pytest.raises(Mismatch, match="made for UNIX"):
        uf2job.seen(kind.board, replace(said, board="UNIX"), "x", kind.state)
    with pytest.raises(Mismatch, match=r"runs 0\.1\.0"):
        uf2job.seen(kind.board, said, "x", kind.state, "0.2.0")
    assert kind.state.pending(device)
    uf2job.seen(kind.board, said, "x", kind.state, "0.1.0")
    assert kind.state.pending(device) is None


def test_a_drive_that_can_not_be_written_to(kind: Kind) -> None:
    with kind.drive(kind.flash()) as rom:
        (rom.folder / drive.TARGET).mkdir()
        with pytest.raises(HostError) as failed:
            kind.copy(kind.order(), rom)
        assert failed.value.code == "drive"


def test_the_crc_of_the_second_stage() -> None:
    assert crc32_mpeg2(b"123456789") == 0x0376E6E7  # the catalogue's check value of CRC-32/MPEG-2
