# SPDX-License-Identifier: MIT
"""What the tests of PC/SC need: the service pcscd, its virtual reader vpcd, and pyscard, which is built here.

As root all is installed. Otherwise, where something is missing, one line says what, and those tests are left out.
"""

import shutil
import sys
import sysconfig
from pathlib import Path

from environment import VENV, pip
from host import SetupError, digest, install, log_tail, may_install, say, stamped

LOCK = Path(__file__).with_name("requirements-pcsc.txt")
DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
PACKAGES = ("pcscd", "vsmartcard-vpcd")
BUILD = ("gcc", "libc6-dev", "libpcsclite-dev", "swig")


def service() -> bool:
    """Whether the service and its virtual reader are here."""
    return shutil.which("pcscd", path="/usr/sbin:/sbin:/usr/bin") is not None and DRIVER.exists()


def buildable() -> bool:
    """Whether pyscard can be built."""
    python = Path(sysconfig.get_paths()["include"]) / "Python.h"
    return shutil.which("swig") is not None and Path("/usr/include/PCSC/winscard.h").exists() and python.exists()


def ready() -> None:
    """Brings all of it up to date. SetupError when that fails where it should not."""
    key = digest(LOCK, sys.version)
    stamp = VENV / "pcsc.stamp"
    if service() and stamped(stamp, key):
        return
    if may_install():
        headers = () if (Path(sysconfig.get_paths()["include"]) / "Python.h").exists() else ("python3-dev",)
        if not (service() and buildable()) and not install(*PACKAGES, *BUILD, *headers):
            raise SetupError(f"no {' '.join(PACKAGES)} to be had; the end of .cache/setup.log:\n{log_tail()}")
    elif not (service() and buildable()):
        say(f"tests of PC/SC are left out: as root, apt-get install {' '.join((*PACKAGES, *BUILD))} python3-dev")
        return
    say("building pyscard")
    if not pip("install", "--require-hashes", "--no-build-isolation", "-r", LOCK):
        raise SetupError(f"pyscard can't be built; the end of .cache/setup.log:\n{log_tail()}")
    stamp.write_text(key)
