# SPDX-License-Identifier: MIT
"""`update sign` with a key that never leaves its token: the command line, python-pkcs11, and SoftHSM as the token."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nightlatch.cli.main import main
from nightlatch.update import bundle, keys
from tests.system.token_bench import KEY, LABEL, PIN, token

pytestmark = pytest.mark.pkcs11
Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with token(tmp_path_factory.mktemp("token")) as library:
        yield library


@pytest.fixture
def sign(tmp_path: Path, module: Path) -> Run:
    """Signs an update: exit code, and what it printed."""
    unsigned = bundle.make("UNIX", 0x00020000, 2, bytes(range(256)))
    file = tmp_path / "new.nlu"
    pin_file = tmp_path / "pin"

    def run(library: Path = module, label: str = LABEL, key: str = KEY, pin: str = PIN) -> tuple[int, dict[str, Any]]:
        file.write_bytes(unsigned.data)
        pin_file.write_text(pin + "\n")
        words = ["update", "sign", str(file), "--pkcs11", str(library), "--token", label, "--key-label", key]
        argv = [sys.executable, "-m", "nightlatch.cli.main", *words, "--pin-file", str(pin_file), "--json"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        assert pin not in done.stdout + done.stderr
        assert done.returncode == 0 or file.read_bytes() == unsigned.data, "what is refused loses nothing"
        said = json.loads(done.stdout)
        return done.returncode, said.get("error") or said["data"]

    return run


def test_the_token_signs(sign: Run, tmp_path: Path) -> None:
    code, said = sign()
    assert code == 0
    signed = bundle.load(tmp_path / "new.nlu")
    assert keys.verifies(signed.key, signed.manifest, signed.signature)
    assert said["fingerprint"] == keys.fingerprint(signed.key[:64]).hex()
    assert sign()[1]["fingerprint"] == said["fingerprint"], "it is the same key each time"
    assert not keys.verifies(signed.key, signed.manifest + b"!", signed.signature)


def test_files_that_are_not_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """They get their line, and no PIN is asked for."""
    file = tmp_path / "new.nlu"
    file.write_bytes(bundle.make("UNIX", 0x00020000, 2, bytes(256)).data)
    gone = str(tmp_path / "gone" / "file")
    assert main(["update", "sign", str(file), "--pkcs11", gone, "--pin-file", gone]) == 2
    assert "the PIN file cannot be read: No such file" in capfd.readouterr().err
    assert main(["update", "build", "--board", "UNIX", "--version", "2.0.0", "-o", gone]) == 1
    assert f"cannot write {gone}: No such file" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "exit_code", "name"),
    [
        ({"pin": "00000000"}, 6, "auth_failed"),
        ({"key": "another"}, 1, "refused"),
        ({"label": "another"}, 1, "refused"),
        ({"library": Path("/nowhere.so")}, 1, "refused"),
        ({"key": "wide"}, 1, "no_key"),
    ],
    ids=["pin", "key", "token", "library", "curve"],
)
def test_refusals(sign: Run, wrong: dict[str, Any], exit_code: int, name: str) -> None:
    code, said = sign(**wrong)
    assert (code, said["code"]) == (exit_code, name), said
