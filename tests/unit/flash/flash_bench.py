# SPDX-License-Identifier: MIT
"""Boards and images for the tests of flashing; the formats are built from their descriptions, not from our code."""

import hashlib
import json
import shutil
import struct
from pathlib import Path
from typing import Any

from nightlatch.link.boards import boards_dir
from nightlatch.sim.bootrom.uf2_drive import crc32_mpeg2

MB = 1 << 20
STORE_AT, STORE_SIZE = 0x3C0000, 0x40000
TABLE = """\
# Name, Type, SubType, Offset, Size, Flags
nvs,      data, nvs,     0x9000,   0x6000,
phy_init, data, phy,     0xf000,   0x1000,
factory,  app,  factory, 0x10000,  0x1F0000,
vfs,      data, fat,     0x200000, 1M,
romfs,    data, 0x8f,    0x300000, 768K,
store,    data, 0x4e,    0x3c0000, 0x40000,
"""
STOCK = b"MicroPython v1.26.1 on 2025-09-11; Generic ESP32S3 module with ESP32S3\0"
ESP_REGIONS = (
    ("firmware", 0x10000, 0x1F0000),
    ("vfs", 0x200000, MB),
    ("slot_a", 0x300000, 0x60000),
    ("slot_b", 0x360000, 0x60000),
    ("store", STORE_AT, STORE_SIZE),
)
PICO_REGIONS = (("firmware", 0, 0x12C000), ("slot_a", 0x12C000, 0x40000), ("store", 0x1C0000, 0x40000))
PICO2_REGIONS = (("firmware", 0, 0x180000), ("store", STORE_AT, STORE_SIZE))


def boards(folder: Path) -> Path:
    """A folder of boards: two ESP32, two with a boot ROM's drive, one that can't be flashed, one of somebody else."""
    for name, chip in (("ESP32_S3", "esp32s3"), ("ESP32_C3", "esp32c3")):
        board(folder, name, chip, {"size": 4 * MB, "method": "esptool"}, ESP_REGIONS)
        (folder / name / "partitions.csv").write_text(TABLE)
        shutil.copy(boards_dir() / name / "pins.csv", folder / name)
    rp2040 = {"size": 2 * MB, "method": "uf2", "family": "0xE48BFF56"}
    board(folder, "RPI_PICO_W", "rp2040", rp2040, PICO_REGIONS)
    board(folder, "RPI_PICO", "rp2040", rp2040, PICO_REGIONS)
    board(folder, "RPI_PICO2_W", "rp2350", {"size": 4 * MB, "method": "uf2", "family": "0xE48BFF59"}, PICO2_REGIONS)
    board(folder, "UNIX", "unix", {"size": MB, "method": "none"}, (("store", 0, 65536),))
    (folder / "OTHER").mkdir()
    (folder / "OTHER" / "board.json").write_text('{"mcu": "z80"}')
    return folder


def board(folder: Path, name: str, chip: str, flash: dict[str, Any], regions: Any) -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    listed = [{"name": region, "offset": offset, "size": size} for region, offset, size in regions]
    described = {"chip": chip, "usb": [{"vid": "2E8A", "pid": "0005"}], "flash": flash, "regions": listed}
    described |= {"serial": {"kind": "usb", "id": 0, "baud": 115200}, "radio": "none"}
    (folder / name / "board.json").write_text(json.dumps({"mcu": chip, "nightlatch": described}))


def noise(size: int, seed: str) -> bytes:
    """The same bytes each time, which do not compress."""
    out = b""
    while len(out) < size:
        out += hashlib.sha256(f"{seed} {len(out)}".encode()).digest()
    return out[:size]


def esp_image(chip_id: int, body: bytes, flash_code: int = 2) -> bytes:
    """One image of two segments, with checksum and SHA-256."""
    head = struct.pack("<BBBBI", 0xE9, 2, 2, flash_code << 4 | 0xF, 0x40380000)
    head += struct.pack("<B3xHBHH4xB", 0xEE, chip_id, 0, 0, 0xFFFF, 1)
    half = len(body) // 8 * 4
    checksum = 0xEF
    for byte in body:
        checksum ^= byte
    data = head
    for address, part in ((0x3C000020, body[:half]), (0x42000020, body[half:])):
        data += struct.pack("<II", address, len(part)) + part
    data += bytes(15 - len(data) % 16) + bytes((checksum,))
    return data + hashlib.sha256(data).digest()


def table(*rows: tuple[str, int, int, int, int]) -> bytes:
    """A partition table in flash, of name, type, subtype, offset, size."""
    data = b"".join(
        b"\xaa\x50" + struct.pack("<BBII", kind, subtype, offset, size) + name.encode().ljust(16, b"\0") + bytes(4)
        for name, kind, subtype, offset, size in rows
    )
    return (data + b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(data).digest()).ljust(0xC00, b"\xff")


STOCK_TABLE = table(
    ("nvs", 1, 2, 0x9000, 0x6000),
    ("phy_init", 1, 1, 0xF000, 0x1000),
    ("factory", 0, 0, 0x10000, 0x1F0000),
    ("vfs", 1, 0x81, 0x200000, 0x200000),
)


def ours(chip_id: int = 9) -> bytes:
    """What an image of ours has in its program: the banner, and its wiring with the board's name."""
    name = {9: b"S3", 5: b"C3"}[chip_id]
    banner = b"MicroPython v1.26.1 on 2025-09-11; Nightlatch on ESP32-NN with ESP32NN\0ESP32_NN\0"
    return banner.replace(b"NN", name)


def stock(
    chip_id: int = 9, size: int = 150_000, seed: str = "app", flash_code: int = 2, banner: bytes = STOCK
) -> bytes:
    """What MicroPython publishes for an ESP32 whose bootloader is at 0: bootloader, table, program."""
    boot = esp_image(chip_id, noise(9000, f"boot {seed}"), flash_code).ljust(0x8000, b"\xff")
    program = esp_image(chip_id, banner + noise(size - len(banner), seed), flash_code)
    return boot + STOCK_TABLE.ljust(0x8000, b"\xff") + program


def uf2_block(page: bytes, number: int, count: int, family: int, address: int, flags: int = 0x2000) -> bytes:
    """One block."""
    head = struct.pack("<8I", 0x0A324655, 0x9E5D5157, flags, address, len(page), number, count, family)
    return (head + page).ljust(508, b"\0") + struct.pack("<I", 0x0AB16F30)


E10 = uf2_block(b"\xef" * 256 + struct.pack("<I", 0x9957E304), 0, 2, 0xE48BFF57, 0x10FFFF00, 0xA000)
E10 = E10[:16] + struct.pack("<I", 256) + E10[20:]


def firmware(family: int, pages: int, seed: str = "pico") -> bytes:
    """What lands in flash, with an RP2040's second stage and its CRC, or an RP2350's image definition."""
    data = noise(pages * 256, seed)
    if family == 0xE48BFF56:
        return data[:252] + crc32_mpeg2(data[:252]).to_bytes(4, "little") + data[256:]
    definition = bytes.fromhex("d3deffff42012110ff01000000000000793512ab")
    return data[:300] + definition + data[300 + len(definition) :]


def uf2(family: int, data: bytes, base: int = 0x10000000) -> bytes:
    """A file of blocks in order."""
    pages = [data[at : at + 256] for at in range(0, len(data), 256)]
    blocks = [uf2_block(page, n, len(pages), family, base + n * 256) for n, page in enumerate(pages)]
    return b"".join(blocks)


def deaf(what: str, done: int, total: int) -> None:
    """Where progress goes that nobody looks at; it must make sense all the same."""
    assert what and 0 <= done <= total
