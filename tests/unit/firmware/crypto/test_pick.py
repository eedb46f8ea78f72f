# SPDX-License-Identifier: MIT
"""Which AES and which byte loops the agent takes, on boards that lack one or have a broken one."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nightlatch import micropython

CRYPTO = micropython.FIRMWARE / "agent" / "crypto"
ARCHITECTURES = ("armv6m", "armv7m", "armv7emsp", "xtensa", "xtensawin", "rv32imc", "x86", "x64")

# RFC 4493, example 1
KEY = "2b7e151628aed2a6abf7158809cf4f3c"
TAG = "bb1d6929e95937287fa37d129b756746"

FAKE_CRYPTOLIB = """
import sys
class aes:
    def __init__(self, key, mode): pass
    def encrypt(self, src, dst): dst[:] = bytes(len(src))
class cryptolib: pass
cryptolib.aes = aes
sys.modules["cryptolib"] = cryptolib
"""


def broken_copy(folder: Path, *modules: str) -> Path:
    """A copy of the agent's crypto in which the compiler refuses some modules, as a build without viper does."""
    agent = folder / "agent"
    shutil.copytree(CRYPTO, agent / "crypto", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__.py", "errors.py"):
        shutil.copy(micropython.FIRMWARE / "agent" / name, agent)
    for module in modules:
        (agent / "crypto" / module).write_text(
            "import micropython\n@micropython.no_such_emitter\ndef f(): pass\n"
        )
    return folder


def test_cryptolib_comes_first(upy: Any) -> None:
    assert (
        upy("from agent.crypto import aes; print(aes.pick(), aes.pick())").stdout == "cryptolib cryptolib\n"
    )


def test_a_wrong_cryptolib_is_passed_over(upy: Any) -> None:
    source = f"""{FAKE_CRYPTOLIB}
from agent.crypto import aes, cmac
print(aes.pick(), cmac.cmac(bytes.fromhex("{KEY}"), b"").hex())
"""
    assert upy(source).stdout == f"viper {TAG}\n"


def test_no_working_aes_is_an_error(upy: Any, tmp_path: Path) -> None:
    source = (
        FAKE_CRYPTOLIB
        + """
from agent.crypto import aes
from agent.errors import NightlatchError
try:
    aes.new(bytes(16))
except NightlatchError as error:
    print("raised", error)
"""
    )
    ran = upy(source, path=(broken_copy(tmp_path, "aes_viper.py"),))
    assert ran.stdout == "raised no working AES\n"


def test_without_viper_all_goes_by_plain_loops(upy: Any, tmp_path: Path) -> None:
    copy = broken_copy(tmp_path, "loops_viper.py", "aes_sbox.py")
    source = f"""
import sys
from agent.crypto import aes, ccm, cmac, ct, entropy
print("agent.crypto.loops_plain" in sys.modules, aes.pick(), cmac.cmac(bytes.fromhex("{KEY}"), b"").hex())
print(ct.equal(b"ab", b"ab"), ct.equal(b"ab", b"aa"), len(entropy.Entropy().bytes(20)))
print(ccm.Ccm(bytes(16)).open(bytes(13), b"a", ccm.Ccm(bytes(16)).seal(bytes(13), b"a", b"text")))
"""
    said = f"True cryptolib {TAG}\nTrue False 20\nb'text'\n"
    assert upy(source, path=(copy,)).stdout == said


def test_a_build_with_viper_uses_it(upy: Any) -> None:
    source = "import sys; from agent.crypto import loops; print('agent.crypto.loops_plain' in sys.modules)"
    assert upy(source).stdout == "False\n"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_machine_code_compiles_for_every_board(architecture: str, tmp_path: Path) -> None:
    for module in sorted(CRYPTO.glob("*.py")):
        out = tmp_path / f"{module.stem}.mpy"
        argv: list[str | Path] = [micropython.mpy_cross(), f"-march={architecture}", "-o", out, module]
        done = subprocess.run(argv, capture_output=True, text=True)
        assert done.returncode == 0, f"{module.name}: {done.stderr}"


BOTH_LOOPS = """
import os
from array import array
from agent.crypto import loops_plain as p, loops_viper as v
def both(name, sizes, *rest):
    bufs = [os.urandom(n) for n in sizes]
    one, two = ([bytearray(b) for b in bufs] for _ in "ab")
    same = getattr(p, name)(*one, *rest) == getattr(v, name)(*two, *rest)
    assert same and one == two, (name, bufs, rest)
for n in range(40):
    both("equal", (n, n), n)
    assert v.equal(bytes(n), bytearray(n), n) is True
    both("subkeys", (32,))
    both("merge", (16 + n, n), n)
    for at in range(0, max(n, 1), 16):
        both("absorb", (16, 32, n), n, at)
for to in range(16):
    for size in range(17 - to):
        x = [bytearray(range(16)) for _ in "ab"]
        for module, out in zip((p, v), x):
            module.mix(out, to, bytes(range(100, 140)), 3, size)
        assert x[0] == x[1] and (size == 0) == (x[0] == bytes(range(16)))
for nonce in range(7, 14):
    both("counters", (16 * 300, nonce), nonce, 300)
for kind in range(200):
    raw = bytearray(os.urandom(600))
    if kind % 2:
        raw[kind : kind + kind % 9] = bytes(kind % 9)
    if kind % 3:
        for at in range(0, 600, 30):
            raw[at] = 0
    states = [array("H", (256, 0, 0, 0, 0)) for _ in "ab"]
    verdicts = p.check_health(states[0], raw, 600), v.check_health(states[1], raw, 600)
    assert verdicts[0] == verdicts[1] and list(states[0]) == list(states[1]), (kind, raw)
print("same")
"""


def test_both_kinds_of_loops_do_the_same(upy: Any) -> None:
    assert upy(BOTH_LOOPS).stdout == "same\n"
