# SPDX-License-Identifier: MIT
"""`update build` and `update sign` with files that are none: a line that says so, and nothing is lost."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from nightlatch.cli.main import main
from nightlatch.update import bundle


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """`update sign` of a good update with a good key."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "new.nlu").write_bytes(bundle.make("UNIX", 0x00020000, 2, bytes(range(256))).data)
    return ["update", "sign", str(tmp_path / "new.nlu"), "--key", str(tmp_path / "key.pem")]


def refused(capfd: pytest.CaptureFixture[str], arguments: list[str], code: int) -> str:
    assert main(arguments) == code
    out, err = capfd.readouterr()
    assert not out and "Traceback" not in err and err.count("\n") == 2, err
    return err


def test_a_target_that_is_no_file(tmp_path: Path, words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for target in ("", "/", "..", str(tmp_path / "folder"), str(tmp_path / "pipe"), str(tmp_path / "link")):
        assert "cannot write" in refused(capfd, [*words, "-o", target], 1), target
    assert (tmp_path / "pipe").is_fifo() and (tmp_path / "link").is_symlink(), "what a file stood for stays"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "key.pem", "link", "new.nlu", "pipe"]
    assert main([*words, "-o", str(tmp_path / "signed.nlu")]) == 0
    assert bundle.load(tmp_path / "signed.nlu").signature


def test_no_pin(words: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(prompt: str, stream: object) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", nobody)
    assert "--pin-file" in refused(capfd, [*words[:3], "--pkcs11", "/nowhere"], 2)


@pytest.mark.parametrize("marks", [None, b"", b"LAYOUT = two\n"])
def test_sources_that_are_no_agent(tmp_path: Path, marks: bytes | None, capfd: pytest.CaptureFixture[str]) -> None:
    agent = tmp_path / "firmware" / "agent"
    words = ["update", "build", "--board", "UNIX", "--version", "1.2.3", "--firmware", str(agent.parent)]
    words += ["-o", str(tmp_path / "new.nlu")]
    assert "agent" in refused(capfd, words, 2)
    (agent / "store").mkdir(parents=True)
    (agent / "version.py").write_text('FIRMWARE = "0"\n')
    if marks is not None:
        (agent / "store" / "marks.py").write_bytes(marks)
    assert "agent" in refused(capfd, words, 2)
    assert not (tmp_path / "new.nlu").exists()
