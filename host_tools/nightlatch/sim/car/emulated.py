# SPDX-License-Identifier: MIT
"""The emulated board: the image that set-up built for boards/QEMU_MPS2, on qemu's mps2-an385.

One image, two uses: as the agent of a simulated car, in real time on its serial ports; or running one script of the
host's, with instructions counted, to its exit status.
"""

import shutil
import subprocess
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from nightlatch.errors import HostError

from ... import micropython

QEMU = "qemu-system-arm"
IMAGE = micropython.ROOT / ".cache" / "micropython" / "qemu-mps2.elf"
MODULES = micropython.ROOT / "boards" / "QEMU_MPS2" / "modules"
PORTS = 5  # console, technician, reader, bench, air
_SHIFT = 7  # one instruction in 2^7 ns of the virtual clock, so that time is a function of instructions alone
_TICK_NS = 40  # of the board's 25 MHz counter


class NoEmulator(HostError):
    """The emulated board is not set up here."""

    code = "no_emulator"
    hint = "run `make setup-emulators`"


def fingerprint() -> str:
    """Changes with every source that is frozen into the image."""
    total = sha256(micropython.fingerprint().encode())
    for file in sorted(MODULES.glob("*.py")):
        total.update(file.name.encode() + file.read_bytes())
    return total.hexdigest()


def instructions(ticks: int) -> int:
    """Instructions in a difference of machine.ticks(), in a counted run."""
    return ticks * _TICK_NS >> _SHIFT


def command(words: Sequence[str], ports: Sequence[str] = (), counted: bool = False) -> list[str]:
    """A command line. words: see boards/QEMU_MPS2/modules/machine.py. ports: a chardev each, from port 1 on.

    Raises NoEmulator.
    """
    qemu = shutil.which(QEMU)
    if qemu is None or not IMAGE.is_file():
        raise NoEmulator(f"no {QEMU}, or no image for it")
    arguments = ",".join(f"arg={word}" for word in ("nightlatch", *words))
    argv = [qemu, "-machine", "mps2-an385", "-display", "none", "-monitor", "none", "-no-reboot", "-serial", "stdio"]
    for number in range(1, PORTS):
        if number <= len(ports):
            argv += ["-chardev", f"{ports[number - 1]},id=port{number}", "-serial", f"chardev:port{number}"]
        else:
            argv += ["-serial", "null"]
    argv += ["-semihosting-config", f"enable=on,target=native,{arguments}"]
    if counted:
        argv += ["-icount", f"shift={_SHIFT},sleep=off"]
    return [*argv, "-kernel", str(IMAGE)]


def run(script: Path, *words: str, folder: Path, limit: float = 60.0) -> str:
    """Runs a script of the host in a folder, instructions counted; what it printed. HostError when it fails.

    It may import what lies beside it, and whatever the repository's root reaches.
    """
    argv = command([str(script), *words, f"path={micropython.ROOT}"], counted=True)
    try:
        done = subprocess.run(
            argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit
        )
    except subprocess.TimeoutExpired as error:
        raise HostError(f"{script.name} is not done after {limit} s: {(error.stdout or b'')[-2000:]!r}") from error
    said = done.stdout.decode(errors="replace").replace("\r\n", "\n")
    if done.returncode:
        raise HostError(f"{script.name} ended with status {done.returncode}: {said[-2000:]}")
    return said
