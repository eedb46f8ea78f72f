# SPDX-License-Identifier: MIT
"""The way out of an agent that ends is a restart, and its console is a stream that never waits."""

import socket
import subprocess
from pathlib import Path

import pytest

from nightlatch import micropython
from tests.conftest import Upy

RESET = 3  # exit status of machine.reset() here
ENDED = """
import sys
from agent import hal
hal._HOSTS = ()  # as on a board
try:
    {what}
except BaseException as error:
    hal.ended(error)
"""
CONSOLE = """
import os, sys
sys.path.append(sys.argv[1])
from agent.hal.console import Console
console = Console()
buf = bytearray(8)
print(console.readinto(buf), bytes(buf), console.readinto(buf), bytes(buf[:3]), console.readinto(buf))
print(console.write(b"seen"), console.ioctl(4, 0))
"""


@pytest.mark.parametrize("what", ["1 / 0", "raise MemoryError", "raise KeyboardInterrupt", "sys.exit(0)"])
def test_an_agent_that_ends_on_a_board_is_reset_and_says_nothing(upy: Upy, tmp_path: Path, what: str) -> None:
    (tmp_path / "wiring.py").write_text('WIRING = {"debug": False}\n')
    ran = upy(ENDED.format(what=what), path=(tmp_path,), check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (RESET, "", "")


def test_a_debug_image_falls_out_to_its_prompt(upy: Upy, tmp_path: Path) -> None:
    (tmp_path / "wiring.py").write_text('WIRING = {"debug": True}\n')
    ran = upy(ENDED.format(what="1 / 0"), path=(tmp_path,), check=False)
    assert ran.returncode == 1 and "ZeroDivisionError" in ran.stderr + ran.stdout


def test_the_simulated_agent_s_last_words_are_kept(tmp_path: Path) -> None:
    argv, env = micropython.command(micropython.FIRMWARE / "main.py", str(tmp_path / "none.json"))
    ran = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert ran.returncode == RESET and "ENOENT" in ran.stdout + ran.stderr


def test_the_console_gives_what_is_there_and_never_waits(tmp_path: Path) -> None:
    script = tmp_path / "console.py"
    script.write_text(CONSOLE)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"\x03\x01\x00\r\n\xff\x04abcd")
        argv, env = micropython.command(script, str(micropython.FIRMWARE))
        subprocess.run(argv, env=env, stdin=theirs.fileno(), stdout=theirs.fileno(), timeout=120, check=True)
        theirs.close()
        said = ours.makefile("rb").read().decode()
    assert said.replace("seen", "").split("\n")[:2] == [r"8 b'\x03\x01\x00\r\n\xff\x04a' 3 b'bcd' None", "4 -22"]
    assert "seen" in said
