# SPDX-License-Identifier: MIT
"""What set-up does to this machine: run programs, say one line, install a Debian package where it may."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
LOG = CACHE / "setup.log"


class SetupError(Exception):
    """Set-up can't go on. The text is one line: what is missing, and what to do about it."""


def say(text: str) -> None:
    """One line to the person who waits."""
    print(f"set-up: {text}", file=sys.stderr, flush=True)


def clean_environment(**more: str) -> dict[str, str]:
    """What compilers, pip, npm, apt need of the environment. Make reads every variable as its own: few get through."""
    keep = ("PATH", "HOME", "USER", "TMPDIR", "LANG", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    heads, tails = ("pip_", "npm_config_"), ("_proxy",)
    names = [k for k in os.environ if k in keep or k.lower().startswith(heads) or k.lower().endswith(tails)]
    wanted = {k: os.environ[k] for k in names}
    return {**wanted, **more}


def run(argv: Iterable[str | Path], **environment: str) -> bool:
    """Run a program to its end, its output in the log; True if it succeeded."""
    command = [str(part) for part in argv]
    with LOG.open("a") as log:
        log.write(f"\n$ {' '.join(command)}\n")
        log.flush()
        try:
            done = subprocess.run(
                command, env=clean_environment(**environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        except OSError as error:
            log.write(f"{error}\n")
            return False
    return done.returncode == 0


def log_tail(lines: int = 15) -> str:
    """The end of the log, for a failure that has no better name."""
    return "\n".join(LOG.read_text(errors="replace").splitlines()[-lines:])


def may_install() -> bool:
    """Whether this process may add packages to the system."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> bool:
    """Install Debian packages if this process may; True if that worked. A fresh container has no package lists yet."""
    if not may_install():
        return False
    say(f"installing {' '.join(packages)}")
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "-o", "Acquire::Retries=3", *packages]
    update = ["apt-get", "update", "-qq", "-o", "Acquire::Retries=3"]
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    if run(command, **quiet) or (run(update) and run(command, **quiet)):
        return True
    errors = [line for line in log_tail().splitlines() if line.startswith("E: ")]
    say(f"apt-get failed: {errors[-1][3:] if errors else 'see .cache/setup.log'}")
    return False


def need(what: str, *packages: str) -> SetupError:
    """The one line for a package that is missing."""
    return SetupError(f"{what} is missing: as root, apt-get install {' '.join(packages)}")


def digest(*parts: Path | str) -> str:
    """One SHA-256 over texts and the contents of files: the key of a stamp."""
    total = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part.encode()
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


def stamped(stamp: Path, key: str) -> bool:
    """Whether the step of this stamp was done with these very inputs."""
    try:
        return stamp.read_text() == key
    except OSError:
        return False
