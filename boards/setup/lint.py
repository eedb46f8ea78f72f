# SPDX-License-Identifier: MIT
"""Lint: ruff over everything, mypy over the host's code as strictly as it goes, and over the firmware for MicroPython.

The checkers want the packages where their names say, so two trees of links under .cache/ show them there: the package
`nightlatch` with the wire in it, and MicroPython's modules as the stubs of the Pico W describe them.
"""

import ast
import os
import shutil
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "boards" / "setup"
HOST_TREE, TARGET_TREE = ROOT / ".cache" / "lint" / "host", ROOT / ".cache" / "lint" / "target"
SHOWN_HOST = ".cache/lint/host/nightlatch/"
STUBS = ("micropython-rp2-rpi-pico-w-stubs", "micropython-stdlib-stubs")
OVERLAY = SETUP / "typings"
UNIX_MODULES = ROOT / "boards" / "UNIX" / "modules"
QEMU_MODULES = ROOT / "boards" / "QEMU_MPS2" / "modules"
ON_TARGET = {"agent", "blesim", "bluetooth", "cryptolib", "machine", "micropython", "mps2", "slots", "vfs", "wire"}


def link(at: Path, to: Path) -> None:
    """One link, with the folders above it."""
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(to)


def host_tree() -> None:
    """`nightlatch` as Python sees it once installed."""
    shutil.rmtree(HOST_TREE, ignore_errors=True)
    for entry in (ROOT / "host_tools" / "nightlatch").iterdir():
        if entry.name != "__pycache__":
            link(HOST_TREE / "nightlatch" / entry.name, entry)
    link(HOST_TREE / "nightlatch" / "wire", ROOT / "firmware" / "wire")


def target_tree() -> None:
    """MicroPython's own modules, ours in place of those that the stubs get wrong. The board's machine is the Pico's."""
    shutil.rmtree(TARGET_TREE, ignore_errors=True)
    for name in STUBS:
        for file in files(name) or ():
            if file.suffix in (".pyi", ".py", "") and ".dist-info" not in str(file):
                link(TARGET_TREE / file, Path(str(file.locate())))
    for stub in OVERLAY.glob("*.pyi"):
        at = TARGET_TREE / "stdlib" / stub.stem
        if at.is_dir():
            shutil.rmtree(at)
        at.with_suffix(".pyi").unlink(missing_ok=True)
        link(at.with_suffix(".pyi"), stub)


def target_tests() -> set[str]:
    """The tests that run under MicroPython: those that import the agent, the bare wire or what only a device has."""
    found = set()
    for file in (ROOT / "tests").rglob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text())))
        names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
        if {name.partition(".")[0] for name in names} & ON_TARGET:
            found.add(str(file.relative_to(ROOT)))
    return found


def mypy(name: str, path: list[Path], targets: list[str], *flags: str) -> list[str]:
    """A command line. MYPYPATH goes through `env`, so that the line can be copied to the shell."""
    search = ":".join(str(folder.relative_to(ROOT)) for folder in path)
    cache = f"--cache-dir=.cache/mypy-{name}"
    run = [sys.executable, "-m", "mypy", "--no-error-summary", cache, *flags, *targets]
    return ["env", f"MYPYPATH={search}", *run]


def checkers() -> dict[str, list[str]]:
    """Command lines by name."""
    on_target = target_tests()
    tests = [str(file.relative_to(ROOT)) for file in sorted((ROOT / "tests").rglob("*.py"))]
    own = [str(file.relative_to(ROOT)) for file in sorted(SETUP.rglob("*.py"))]
    host = [*(name for name in tests if name not in on_target), *own]
    host_path = [HOST_TREE, SETUP]
    host_flags = ["--config-file=pyproject.toml", "--package=nightlatch"]
    target = ["firmware", str(UNIX_MODULES.relative_to(ROOT)), *sorted(on_target)]
    target_path = [ROOT / "firmware", UNIX_MODULES, TARGET_TREE]
    target_flags = [f"--config-file={SETUP.relative_to(ROOT)}/firmware.ini"]
    qemu = str(QEMU_MODULES.relative_to(ROOT))
    return {
        "ruff": [sys.executable, "-m", "ruff", "check", "--output-format=concise"],
        "mypy, host": mypy("host", host_path, [], *host_flags),
        "mypy, tests": mypy("tests", host_path, host, host_flags[0], "--follow-imports=silent"),
        "mypy, firmware": mypy("target", target_path, target, *target_flags),
        "mypy, emulated": mypy("qemu", [QEMU_MODULES, *target_path], [qemu], *target_flags),
    }


def main() -> int:
    """Exit status: 0 if nobody found anything. All run at once, and each reports in turn."""
    os.chdir(ROOT)
    host_tree()
    target_tree()
    running = {
        name: subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for name, argv in checkers().items()
    }
    faults = 0
    for name, child in running.items():
        said = child.communicate()[0].strip().replace(SHOWN_HOST, "host_tools/nightlatch/")
        faults += child.returncode != 0
        print(f"lint: {name}: {'ok' if child.returncode == 0 else 'not ok'}", flush=True)
        if child.returncode:
            print(said.replace("host_tools/nightlatch/wire/", "firmware/wire/"), flush=True)
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
