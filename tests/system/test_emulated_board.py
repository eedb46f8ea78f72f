# SPDX-License-Identifier: MIT
"""The emulated board itself: scripts with arguments and a status, exact heap, counted instructions, flash, timers."""

import socket
import subprocess
from pathlib import Path

import pytest

from nightlatch.errors import HostError
from nightlatch.sim.car import emulated

HEAP = 131072


def script(folder: Path, text: str) -> Path:
    file = folder / "script.py"
    file.write_text(text)
    return file


def run(folder: Path, text: str, *words: str) -> str:
    return emulated.run(script(folder, text), *words, folder=folder)


def test_a_script_has_arguments_modules_and_a_status(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("def double(text):\n    return text * 2\n")
    text = "import sys\nfrom beside import double\nprint(double(sys.argv[1]), open(sys.argv[0]).read(6))"
    said = run(tmp_path, text, "ab")
    assert said == "abab import\n"
    argv = emulated.command([str(script(tmp_path, "import sys\nsys.exit(7)"))])
    assert subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=30).returncode == 7
    with pytest.raises(HostError, match=r"status 1(.|\n)*ZeroDivisionError"):
        run(tmp_path, "1 // 0")


def test_the_heap_is_what_a_board_has(tmp_path: Path) -> None:
    """All of it, with MicroPython's own tables for it, is 128 KB; what is asked for beyond is refused."""
    total = int(run(tmp_path, "import gc\nprint(gc.mem_free() + gc.mem_alloc())"))
    assert HEAP * 0.97 < total < HEAP
    assert run(tmp_path, "try:\n    bytearray(128000)\nexcept MemoryError:\n    print('no')") == "no\n"


COUNT = """
import gc, hashlib, machine
def cost(job):
    gc.collect()
    a = machine.ticks(); b = machine.ticks(); job(); c = machine.ticks()
    return (c - b) - (b - a)
data = bytes(64)
print([cost(lambda: hashlib.sha256(data).digest()) for _ in range(3)], cost(lambda: [i * i for i in range(1000)]))
"""


def test_instructions_are_counted_and_the_same_in_every_run(tmp_path: Path) -> None:
    """SHA-256 of 64 bytes is the yardstick of performance.md: about 11 thousand."""
    first = run(tmp_path, COUNT)
    assert run(tmp_path, COUNT) == first
    assert 7_000 < emulated.instructions(int(first[1:].split(",")[1])) < 15_000


FLASH = """
import machine, sys
flash = machine.Flash()
out = bytearray(6)
if sys.argv[1] == "write":
    flash.writeblocks(5, b"\\xf0\\x3c", 4094)
    flash.writeblocks(5, b"\\xcc", 4094)
    flash.writeblocks(6, b"gone", 0)
    flash.ioctl(6, 6)
flash.readblocks(5, out, 4092)
print(bytes(out).hex(), flash.ioctl(4, 0), flash.ioctl(5, 0))
for block, size in ((127, 4097), (128, 1), (-1, 1)):
    try:
        flash.readblocks(block, bytearray(size), 0)
        print("read")
    except OSError:
        pass
print(flash.ioctl(6, 128))
"""


def test_flash_is_nor_and_outlives_the_emulator(tmp_path: Path) -> None:
    """A program clears bits and sets none, an erase takes its sector alone, and nothing reaches outside."""
    assert run(tmp_path, FLASH, "write") == "ffffc03cffff 128 4096\n22\n"
    assert run(tmp_path, FLASH, "read") == "ffffc03cffff 128 4096\n22\n"
    image = tmp_path / "flash.img"
    assert image.stat().st_size == 512 * 1024
    image.write_bytes(bytes(4096))
    with pytest.raises(HostError, match="another size"):
        run(tmp_path, FLASH, "read")


TIMER = """
import machine, time
fired = []
timer = machine.Timer(-1)
timer.init(period=30, callback=lambda t: fired.append(time.ticks_ms()))
began = time.ticks_ms()
while not fired:
    pass
print(29 <= time.ticks_diff(fired[0], began) <= 32)
timer.init(period=20, callback=lambda t: fired.append(0))
timer.deinit()
time.sleep_ms(50)
print(len(fired))
timer.init(period=120_000, callback=lambda t: fired.append(time.ticks_ms()))  # more than the counter holds at once
began = time.ticks_ms()
time.sleep_ms(119_900)
print(len(fired))
time.sleep_ms(200)
print(119_999 <= time.ticks_diff(fired[1], began) <= 120_002)
"""


def test_the_timer_fires_once_whatever_the_program_does(tmp_path: Path) -> None:
    assert run(tmp_path, TIMER) == "True\n1\n1\nTrue\n"


def test_the_watchdog_resets_what_does_not_feed_it(tmp_path: Path) -> None:
    """Fed, it waits; then it ends an endless loop that nothing else would."""
    text = """
import machine, time
dog = machine.WDT(timeout=300)
for _ in range(5):
    time.sleep_ms(200)
    dog.feed()
began = time.ticks_ms()
while True:
    print(time.ticks_diff(time.ticks_ms(), began))
    time.sleep_ms(20)
"""
    told = [int(line) for line in run(tmp_path, text).split()]
    assert 250 < max(told) <= 300, "bitten late, or too soon"


RECEIVE = """
import machine, select, time
port = machine.UART(1)
poll = select.poll()
poll.register(port, select.POLLIN)
buf = bytearray(300)
total = ones = 0
time.sleep_ms(300)  # while far more arrives than the ring holds
while total < 20000:
    assert poll.poll(5000)
    count = port.readinto(buf)
    for i in range(count):
        ones += buf[i] == (total + i) % 251
    total += count
print(total, ones, port.readinto(buf))
"""


def test_a_slow_reader_of_a_port_loses_nothing(tmp_path: Path) -> None:
    """The ring fills, the line is held back, and every byte comes in order."""
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(str(tmp_path / "line"))
        line.listen()
        argv = emulated.command([str(script(tmp_path, RECEIVE))], [f"socket,path={tmp_path}/line"])
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as board:
            far, _ = line.accept()
            with far:
                far.sendall(bytes(i % 251 for i in range(20000)))
                said, _ = board.communicate(timeout=30)
    assert (said, board.returncode) == (b"20000 20000 None\r\n", 0)
