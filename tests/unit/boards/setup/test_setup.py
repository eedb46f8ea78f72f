# SPDX-License-Identifier: MIT
"""Set-up takes nothing that its hash does not name, falls back in order, and leaves nothing half done."""

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import archives
import environment
import host
import pytest
from archives import Archive, Sources


class Quiet(SimpleHTTPRequestHandler):
    """A web server that says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Not here."""


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """A folder, and the address at which it is served. Set-up downloads next to it, and knows no Debian pool."""
    served = tmp_path / "served"
    served.mkdir()
    monkeypatch.setattr(archives, "DOWNLOADS", tmp_path / "downloads")
    monkeypatch.setattr(archives, "pools", list)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield served, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def offered(web: tuple[Path, str], name: str, data: bytes) -> Archive:
    served, address = web
    (served / name).write_bytes(data)
    return Archive(f"{address}/{name}", hashlib.sha256(data).hexdigest())


def test_what_is_in_the_cache_is_not_fetched_again(web: tuple[Path, str]) -> None:
    archive = offered(web, "a.tar", b"right")
    assert archives.download(archive, []) == archives.DOWNLOADS / "a.tar"
    (web[0] / "a.tar").unlink()
    assert archives.download(archive, []) == archives.DOWNLOADS / "a.tar"


def test_a_damaged_file_in_the_cache_is_fetched_again(web: tuple[Path, str]) -> None:
    archive = offered(web, "a.tar", b"right")
    archives.DOWNLOADS.mkdir()
    (archives.DOWNLOADS / "a.tar").write_bytes(b"cut sh")
    file = archives.download(archive, [])
    assert file is not None and file.read_bytes() == b"right"


def test_other_bytes_than_those_meant_are_never_kept(web: tuple[Path, str]) -> None:
    archive = offered(web, "a.tar", b"right")
    (web[0] / "a.tar").write_bytes(b"wrong")
    assert archives.download(archive, []) is None
    assert list(archives.DOWNLOADS.iterdir()) == []


def test_the_ladder_is_climbed_down_to_what_can_be_had(
    web: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here, gone = offered(web, "a.tar", b"1"), offered(web, "b.tar", b"2")
    old = offered(web, "old.tar", b"3")
    (web[0] / "b.tar").unlink()
    monkeypatch.setattr(archives, "LADDER", (Sources("2.0", (here, gone)), Sources("1.0", (old,))))
    sources, files = archives.obtain()
    assert (sources.version, [file.read_bytes() for file in files]) == ("1.0", [b"3"])
    assert capsys.readouterr().err == "set-up: MicroPython 2.0 can't be had here, using 1.0\n"
    monkeypatch.setattr(archives, "LADDER", (Sources("2.0", (here, gone)),))
    with pytest.raises(host.SetupError, match=r"connect to the network, or name a build in \$MICROPYTHON"):
        archives.obtain()


def test_only_what_a_build_needs_is_unpacked(tmp_path: Path) -> None:
    file, target = tmp_path / "a.tar.xz", tmp_path / "out"
    with tarfile.open(file, "w:xz") as tar:
        for name in ("top-1.0/py/a.c", "top-1.0/docs/b.rst", "top-1.0/pyproject.toml"):
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    archives.unpack(file, target, ("py/",))
    assert [found for found in target.rglob("*") if found.is_file()] == [target / "py" / "a.c"]


def test_pip_and_setuptools_are_pinned_like_the_rest() -> None:
    lines = environment.tools_lock().splitlines()
    assert [line.partition("==")[0] for line in lines] == ["pip", "setuptools"]
    assert all(line.count("--hash=sha256:") >= 2 for line in lines)


def test_a_key_depends_on_every_part_and_on_where_it_ends(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("b")
    keys = [host.digest("ab", "c"), host.digest("a", "bc"), host.digest("abc"), host.digest("a", file, "c")]
    assert len(set(keys)) == len(keys)
    assert host.digest("a", file) == host.digest("a", "b")


def test_no_variable_of_an_outer_make_reaches_a_build(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAKEFLAGS", "CFLAGS", "BUILD", "VARIANT", "DEBUG"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("https_proxy", "kept")
    passed = host.clean_environment(MICROPY_GIT_TAG="v1")
    assert passed.keys() & {"MAKEFLAGS", "CFLAGS", "BUILD", "VARIANT", "DEBUG"} == set()
    assert (passed["https_proxy"], passed["MICROPY_GIT_TAG"]) == ("kept", "v1")


def test_a_step_is_done_once_for_the_same_inputs(tmp_path: Path) -> None:
    stamp = tmp_path / "stamp"
    assert not host.stamped(stamp, "key")
    stamp.write_text("key")
    assert host.stamped(stamp, "key")
    assert not host.stamped(stamp, "other")


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("E: Unable to locate package cmake", "apt-get failed: Unable to locate package cmake"),
        ("", "apt-get failed: see .cache/setup.log"),
    ],
)
def test_root_reads_why_apt_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], printed: str, said: str
) -> None:
    log, ran = tmp_path / "setup.log", []

    def run(argv: list[str], **environment: str) -> bool:
        ran.append(argv[1])
        with log.open("a") as file:
            file.write(f"\n$ {' '.join(argv)}\n{printed}\n")
        return "update" in argv

    monkeypatch.setattr(host, "LOG", log)
    monkeypatch.setattr(host, "may_install", lambda: True)
    monkeypatch.setattr(host, "run", run)
    assert not host.install("cmake")
    assert ran == ["install", "update", "install"] and said in capsys.readouterr().err
