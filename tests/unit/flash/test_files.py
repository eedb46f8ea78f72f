# SPDX-License-Identifier: MIT
"""Files of a flash: boards, partition tables, images. Good ones are read as their formats say, bad ones refused."""

import hashlib
import json
from pathlib import Path

import pytest
from esptool.bin_image import LoadFirmwareImage
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.errors import HostError, Mismatch, UsageError
from nightlatch.flash import BadImage, espimage, espplan, load, names, partitions
from nightlatch.flash.plan import guard_store, need_name, read_image, split
from tests.unit.flash import flash_bench as bench


@pytest.fixture
def boards(tmp_path: Path) -> Path:
    return bench.boards(tmp_path / "boards")


def test_boards(boards: Path) -> None:
    assert names(boards) == ["ESP32_C3", "ESP32_S3", "RPI_PICO", "RPI_PICO2_W", "RPI_PICO_W"]
    board = load("RPI_PICO_W", boards)
    assert (board.family, board.usb, board.region("store").end) == (0xE48BFF56, ((0x2E8A, 5),), board.flash_size)
    for name in ("UNIX", "OTHER", "../x", ""):
        with pytest.raises(UsageError):
            load(name, boards)


@pytest.mark.parametrize(
    "regions",
    [
        [("firmware", 0, 8192), ("store", 4096, 8192)],
        [("firmware", 0, 8192), ("store", 8192, 5000)],
        [("firmware", 0, 8192), ("store", 0x3FF000, 8192)],
        [("firmware", 0, 8192)],
        [("firmware", 0, "x"), ("store", 8192, 4096)],
    ],
)
def test_a_board_that_makes_no_sense(tmp_path: Path, regions: list[tuple[str, int, int]]) -> None:
    bench.board(tmp_path, "ODD", "esp32s3", {"size": 4 * bench.MB, "method": "esptool"}, regions)
    with pytest.raises(HostError) as failed:
        load("ODD", tmp_path)
    assert failed.value.code == "board"


def test_partition_table_as_the_format_says() -> None:
    entries = partitions.from_csv(bench.TABLE)
    assert [one.name for one in entries] == ["nvs", "phy_init", "factory", "vfs", "romfs", "store"]
    built = bench.table(*((one.name, one.kind, one.subtype, one.offset, one.size) for one in entries))
    assert partitions.to_binary(entries) == built
    assert partitions.from_binary(built) == entries
    assert entries[4].size == 768 * 1024 and entries[3].subtype == 0x81
    assert partitions.from_binary(b"\xff" * 0xC00) == []


@pytest.mark.parametrize(
    "line",
    [
        "a, data, nvs, 0x8000, 0x1000,",  # in the table's own sector
        "a, data, nvs, 0x9001, 0x1000,",
        "a, app, factory, 0x11000, 0x1000,",
        "a, data, nvs, 0x9000, 0x2000,\nb, data, nvs, 0xa000, 0x1000,",
        "a, data, nvs, 0x9000, 0x1000,\na, data, nvs, 0xb000, 0x1000,",
        "seventeen_letters, data, nvs, 0x9000, 0x1000,",
        "a, data, nvs, , 0x1000,",
        "a, disk, nvs, 0x9000, 0x1000,",
        "a, data, nvs, 0x9000, 0x1000, secret",
        "a",
    ],
)
def test_partitions_that_make_no_sense(line: str) -> None:
    with pytest.raises(BadImage):
        partitions.from_csv(line)


@given(st.integers(0, len(bench.STOCK_TABLE[:160]) * 8 - 1))
def test_a_flipped_bit_in_a_table_is_seen(bit: int) -> None:
    data = bytearray(bench.STOCK_TABLE)
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadImage):
        partitions.from_binary(bytes(data))


def test_our_images_are_images_to_esptool() -> None:
    data = bench.esp_image(9, bench.noise(3000, "x"))
    theirs = LoadFirmwareImage("esp32s3", data)
    assert theirs.checksum == theirs.calculate_checksum() and theirs.stored_digest == theirs.calc_digest
    ours = espimage.parse(data + b"behind it", "program")
    assert (ours.data, ours.chip_id, ours.flash_size) == (data, theirs.chip_id, 4 * bench.MB)


@given(st.integers(0, 3200 * 8 - 1))
def test_a_flipped_bit_in_an_image_is_seen(bit: int) -> None:
    data = bytearray(bench.esp_image(9, bench.noise(3131, "x")))
    data[bit // 8] ^= 1 << bit % 8
    hashed = data[23] == 1  # without its digest the checksum alone is left
    if hashed or bit // 8 >= 24:
        with pytest.raises(BadImage):
            espimage.parse(bytes(data), "program")


@given(st.integers(0, 1000 * 8 - 1))
def test_a_flipped_bit_in_a_segment_is_seen_without_a_digest(bit: int) -> None:
    data = bytearray(bench.esp_image(9, bench.noise(3131, "x"))[:-32])
    data[23] = 0
    assert espimage.parse(bytes(data), "program").data == data
    data[32 + bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadImage, match="checksum"):
        espimage.parse(bytes(data), "program")


@given(st.integers(0, 3200))
def test_a_truncated_image_is_seen(size: int) -> None:
    with pytest.raises(BadImage):
        espimage.parse(bench.esp_image(9, bench.noise(3131, "x"))[:size], "program")


@pytest.mark.parametrize("code", [1, 2, 3, 4])
def test_the_flash_size_in_the_header(code: int) -> None:
    image = espimage.parse(bench.esp_image(5, bench.noise(2000, "x"), code), "bootloader")
    assert image.flash_size == 1 << 20 + code
    changed = espimage.with_flash_size(image, 4 * bench.MB)
    again = espimage.parse(changed, "bootloader")
    assert again.flash_size == 4 * bench.MB and (changed == image.data) == (code == 2)
    theirs = LoadFirmwareImage("esp32c3", changed)
    assert theirs.stored_digest == theirs.calc_digest and theirs.flash_size_freq >> 4 == 2


def test_the_plan_of_an_esp32(boards: Path) -> None:
    board = load("ESP32_S3", boards)
    agent = espplan.Agent("1.2.3", bench.noise(70_000, "agent"))
    made = espplan.plan(board, Path("x.bin"), bench.stock(flash_code=3), agent)
    flash = bytearray(b"\xff" * board.flash_size)
    for step in made.steps:
        flash[step.offset : step.offset + len(step.data)] = step.data
        assert len(step.data) <= 0x10000
    assert partitions.from_binary(bytes(flash[0x8000:0x8C00])) == partitions.from_csv(bench.TABLE)
    assert espimage.parse(bytes(flash), "bootloader").flash_size == 4 * bench.MB
    assert espimage.parse(bytes(flash[0x10000:]), "program").flash_size == 4 * bench.MB
    assert flash[0x200000:].startswith(agent.data) and set(flash[0x3C0000:]) == {0xFF}
    assert made.steps[-1].offset == 0, "the bootloader comes last"
    actions = {row.name: row.action for row in made.rows}
    assert actions == dict.fromkeys(("bootloader", "partition table", "firmware", "vfs"), "write") | dict.fromkeys(
        ("nvs", "phy_init", "romfs", "store"), "keep"
    )
    notes = {row.name: row.note for row in made.rows}
    assert "stock MicroPython 1.26" in notes["firmware"] and "agent 1.2.3, 70000 bytes" == notes["vfs"]
    assert json.loads(json.dumps(made.data()))["lost"] == []


def test_what_does_not_go_onto_an_esp32(boards: Path) -> None:
    board = load("ESP32_S3", boards)
    good = bench.stock()
    for data, why in (
        (good[:-1], "truncated"),
        (good[:0x8000], "table"),
        (b"\0" + good[1:], "no bootloader"),
        (bench.stock(size=0x1F0000), "room for"),
        (good[:0x10100] + b"?" + good[0x10101:], "damaged"),
        (bench.uf2(0xE48BFF56, bytes(512)), "no bootloader"),
    ):
        with pytest.raises(BadImage, match=why):
            espplan.plan(board, Path("x"), data)
    with pytest.raises(Mismatch, match="esp32c3") as failed:
        espplan.plan(board, Path("x"), bench.stock(5))
    assert (failed.value.code, failed.value.exit_code) == ("wrong_board", 7)
    with pytest.raises(Mismatch, match="the program is for esp32c3"):
        espplan.plan(board, Path("x"), good[:0x10000] + bench.stock(5)[0x10000:])
    for size in (bench.MB + 1, 0):
        with pytest.raises(BadImage, match="vfs"):
            espplan.plan(board, Path("x"), good, espplan.Agent("1.2.3", bytes(size)))
    with pytest.raises(Mismatch, match="made for ESP32_C3"):
        espplan.plan(board, Path("x"), bench.stock(banner=bench.ours(5)), None, names(boards))
    for banner, why in ((b"Arduino core\0", "no MicroPython"), (bench.STOCK.replace(b"v1.26", b"v1.25"), "wants 1.26")):
        with pytest.raises(BadImage, match=why):
            espplan.plan(board, Path("x"), bench.stock(banner=banner))
    for old, new in (("0x3c0000, 0x40000", "0x3d0000, 0x30000"), ("768K", "704K"), ("romfs", "roms")):
        (boards / "ESP32_S3" / "partitions.csv").write_text(bench.TABLE.replace(old, new))
        with pytest.raises(BadImage, match="disagree"):
            espplan.plan(load("ESP32_S3", boards), Path("x"), good)


def test_the_store_is_guarded(boards: Path) -> None:
    board = load("ESP32_S3", boards)
    guard_store(board, split("x", bench.STORE_AT - 5000, bytes(5000)))
    for offset, size in ((bench.STORE_AT - 1, 2), (bench.STORE_AT + bench.STORE_SIZE - 1, 1)):
        with pytest.raises(BadImage, match="store"):
            guard_store(board, split("x", offset, bytes(size)))


def test_an_image_for_another_board_of_the_same_chip(boards: Path) -> None:
    board, others = load("RPI_PICO_W", boards), names(boards)
    for data in (b"..RPI_PICO_W..", b"..RPI_PICO..RPI_PICO_W..", b"..RPI_PICO2..", b""):
        need_name(data, board, others)
    with pytest.raises(Mismatch, match="made for RPI_PICO,"):
        need_name(b"\0RPI_PICO\0", board, others)
    with pytest.raises(Mismatch, match="made for RPI_PICO_W,"):
        need_name(b"\0RPI_PICO_W\0", load("RPI_PICO", boards), others)


def test_a_checksum_beside_the_image(tmp_path: Path) -> None:
    image, beside = tmp_path / "a.uf2", tmp_path / "a.uf2.sha256"
    image.write_bytes(b"image")
    assert read_image(image) == b"image"
    beside.write_text(f"{hashlib.sha256(b'image').hexdigest().upper()}  a.uf2\n")
    assert read_image(image) == b"image"
    image.write_bytes(b"imagE")
    with pytest.raises(Mismatch) as failed:
        read_image(image)
    assert failed.value.code == "image_hash"
    beside.unlink()
    other = tmp_path / "sums"
    for text in ("", "zz"):
        other.write_text(text)
        with pytest.raises(HostError):
            read_image(image, other)
    image.write_bytes(b"")
    for path in (image, tmp_path / "none", tmp_path):
        with pytest.raises(HostError):
            read_image(path)
