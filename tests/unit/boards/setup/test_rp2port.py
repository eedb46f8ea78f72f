# SPDX-License-Identifier: MIT
"""What set-up does for boards with the rp2 port: packages, trees, UF2."""

import io
import shutil
import struct
import tarfile
from pathlib import Path

import archives
import host
import pytest
from ports import rp2port, uf2

from nightlatch.micropython import ROOT

FAMILY = 0xE48BFF56
RADIO = "set(MICROPY_PY_LWIP ON)\nset(MICROPY_PY_NETWORK_CYW43 ON)\nset(MICROPY_BLUETOOTH_BTSTACK ON)\n"


def member(name: str, data: bytes) -> bytes:
    head = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode()
    return head + data + b"\n" * (len(data) % 2)


def package(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:xz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return b"!<arch>\n" + member("debian-binary", b"2.0") + member("data.tar.xz", data.getvalue())


def test_a_package_gives_one_folder_of_what_is_in_it(tmp_path: Path) -> None:
    deb = tmp_path / "a.deb"
    deb.write_bytes(package({"./usr/src/sdk/a/b.c": b"b", "./usr/src/sdkx/c": b"c", "./usr/share/doc/d": b"d"}))
    archives.unpack_deb(deb, tmp_path / "sdk", "usr/src/sdk/")
    found = {str(file.relative_to(tmp_path / "sdk")) for file in (tmp_path / "sdk").rglob("*") if file.is_file()}
    assert found == {"a/b.c"} and (tmp_path / "sdk" / "a" / "b.c").read_bytes() == b"b"


@pytest.mark.parametrize("size", [1, 256, 257, 5000])
def test_uf2_holds_every_byte_at_its_address(size: int) -> None:
    image = bytes(at * 7 & 255 for at in range(size))
    wrapped = uf2.convert(image, FAMILY)
    memory = bytearray(-(-size // 256) * 256)
    for at in range(0, len(wrapped), 512):
        *head, family = struct.unpack_from("<8I", wrapped, at)
        first, second, flags, address, count, number, total = head
        assert (first, second, flags, family) == (0x0A324655, 0x9E5D5157, 0x2000, FAMILY)
        assert (count, number, total) == (256, at // 512, len(wrapped) // 512)
        assert wrapped[at + 508 : at + 512] == struct.pack("<I", 0x0AB16F30)
        place = address - 0x10000000
        memory[place : place + 256] = wrapped[at + 32 : at + 288]
    assert bytes(memory[:size]) == image


def test_what_a_tree_lacks_is_named_and_where_to_have_it_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = tmp_path / "PICO_W"
    board.mkdir()
    (board / "mpconfigboard.cmake").write_text(RADIO)
    (board / "manifest.py").write_text('require("usb-device-cdc")\n')
    said = r"mbedtls, pico-sdk, tinyusb, lwip, cyw43-driver, btstack, micropython-lib .*W submodules.*MICROPYTHON_TREE"
    with pytest.raises(host.SetupError, match=said):
        rp2port.check(board, tmp_path)
    plain = ROOT / "boards" / "RPI_PICO"
    with pytest.raises(host.SetupError, match="from mbedtls, pico-sdk, tinyusb too"):
        rp2port.check(plain, tmp_path)
    for _, file in rp2port.WANTED:
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).touch()
    rp2port.check(plain, tmp_path)
    monkeypatch.setattr(rp2port, "install", lambda *packages: False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(host.SetupError, match=r"C\+\+ compiler for this machine is missing: .* install g\+\+"):
        rp2port.check(board, tmp_path)
    rp2port.check(plain, tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    rp2port.check(board, tmp_path)


@pytest.mark.parametrize("prompt", [b"\r\nWebREPL connected\r\n>>> ", b"raw REPL; CTRL-B", b"paste mode; Ctrl-C"])
def test_a_locked_image_with_a_prompt_in_it_is_not_put_out(tmp_path: Path, prompt: bytes) -> None:
    board = ROOT / "boards" / "RPI_PICO"
    (tmp_path / "firmware.bin").write_bytes(b"image" + prompt)
    with pytest.raises(host.SetupError, match="RPI_PICO has a prompt in it"):
        rp2port.finished(board, tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    rp2port.finished(board, tmp_path, tmp_path / "out", debug=True)


def test_a_tree_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(rp2port.TREE, str(tmp_path))
    with pytest.raises(host.SetupError, match="no tree of MicroPython"):
        rp2port.prepared()


def test_an_image_larger_than_its_region_is_not_put_out(tmp_path: Path) -> None:
    board = ROOT / "boards" / "RPI_PICO"
    with (tmp_path / "firmware.bin").open("wb") as file:
        file.truncate(1228800 + 1)
    with pytest.raises(host.SetupError, match="1228801 bytes, its region holds 1228800"):
        rp2port.finished(board, tmp_path, tmp_path / "out")
    (tmp_path / "firmware.bin").write_bytes(b"image")
    place = rp2port.finished(board, tmp_path, tmp_path / "out")
    assert (place / "nightlatch.bin").read_bytes() == b"image"
    assert (place / "nightlatch.uf2").read_bytes() == uf2.convert(b"image", FAMILY)
