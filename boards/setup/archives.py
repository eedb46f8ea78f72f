# SPDX-License-Identifier: MIT
"""Get the sources of MicroPython and mbedtls: pinned by SHA-256, from wherever this machine can reach them.

The Debian archive that apt already uses comes first (no address is named here). What a later release superseded has
left its pool, so the stable suite's version follows, then the release archive of the MicroPython project itself.
"""

import hashlib
import shutil
import subprocess
import tarfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from host import CACHE, SetupError, clean_environment, digest, run, say

DOWNLOADS = CACHE / "downloads"
APT_HELPER = Path("/usr/lib/apt/apt-helper")


@dataclass(frozen=True)
class Archive:
    """One file: its place in a Debian pool, or its address, and its hash."""

    place: str
    sha256: str

    @property
    def name(self) -> str:
        """File name, without directories."""
        return PurePosixPath(self.place).name


@dataclass(frozen=True)
class Sources:
    """Archives that together build one version. With a single one, mbedtls is in it."""

    version: str
    archives: tuple[Archive, ...]

    def key(self) -> str:
        """Changes whenever the sources do."""
        return digest(self.version, *(archive.sha256 for archive in self.archives))


MICROPYTHON_1_26 = Archive(
    "m/micropython/micropython_1.26.1+ds.orig.tar.xz",
    "f5ad2ec89d3e921f753d448955af98b6005655f84ba26087dde6ba0e8d062f34",
)
MICROPYTHON_1_25 = Archive(
    "m/micropython/micropython_1.25.0+ds.orig.tar.xz",
    "7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea",
)
MBEDTLS_3_6_7 = Archive(
    "m/mbedtls/mbedtls_3.6.7.orig.tar.bz2",
    "a7e8bcbec0e6f761b4af24f25677626b35f762f68eef79c08677a363212d11f6",
)
MBEDTLS_3_6_6 = Archive(
    "m/mbedtls/mbedtls_3.6.6.orig.tar.bz2",
    "8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a",
)
UPSTREAM_SHA256 = "12be6514df6272c0fcb328122b534af6b12abdd52435c19f40ee1707cc43ac98"

# In the order of preference.
LADDER = (
    Sources("1.26.1", (MICROPYTHON_1_26, MBEDTLS_3_6_7)),
    Sources("1.26.1", (MICROPYTHON_1_26, MBEDTLS_3_6_6)),
    Sources("1.25.0", (MICROPYTHON_1_25, MBEDTLS_3_6_6)),
    Sources(
        "1.26.1",
        (Archive("https://micropython.org/resources/source/micropython-1.26.1.tar.xz", UPSTREAM_SHA256),),
    ),
    Sources(
        "1.26.1",
        (
            Archive(
                "https://github.com/micropython/micropython/releases/download/v1.26.1/micropython-1.26.1.tar.xz",
                UPSTREAM_SHA256,
            ),
        ),
    ),
)


def pools() -> list[str]:
    """The package pools of the archives in apt's configuration. Reads that only: no root, no package lists needed."""
    if not APT_HELPER.exists():
        return []
    command = ["apt-get", "update", "--print-uris"]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True)
    quoted = [line.split("'")[1] for line in done.stdout.splitlines() if line.startswith("'")]
    archives = dict.fromkeys(uri.partition("/dists/")[0] for uri in quoted if "/dists/" in uri)
    return [f"{archive}/pool/{part}" for archive in archives for part in ("main", "universe")]


def intact(file: Path, sha256: str) -> bool:
    """Whether the file is there and is the one that was meant."""
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == sha256


def download(archive: Archive, pool_uris: list[str]) -> Path | None:
    """The archive in the cache, fetched if need be; None if no place has it."""
    target = DOWNLOADS / archive.name
    if intact(target, archive.sha256):
        return target
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    for found in fetched(archive, part, pool_uris):
        if found and intact(part, archive.sha256):
            return part.replace(target)
        part.unlink(missing_ok=True)
    return None


def fetched(archive: Archive, part: Path, pool_uris: list[str]) -> Iterator[bool]:
    """Try each place in turn, into `part`; apt's own helper knows this machine's proxies and certificates."""
    if "://" in archive.place:
        for _ in range(2):
            yield from_web(archive.place, part)
        return
    options = ["-o", "Acquire::Retries=3", "-o", "APT::Sandbox::User=root"]
    for pool in pool_uris:
        yield run([APT_HELPER, *options, "download-file", f"{pool}/{archive.place}", part, f"SHA256:{archive.sha256}"])


def from_web(address: str, part: Path) -> bool:
    """Read an address into `part`."""
    try:
        with urllib.request.urlopen(address, timeout=20) as answer, part.open("wb") as out:
            shutil.copyfileobj(answer, out)
    except OSError:
        return False
    return True


def unpack(archive: Path, target: Path, keep: tuple[str, ...]) -> None:
    """Unpack what lies under the folders `keep` of the archive's single top folder. Its hash has been checked."""
    with tarfile.open(archive) as tar:
        for member in tar:
            inside = member.name.partition("/")[2]
            if inside.startswith(keep):
                member.name = inside
                tar.extract(member, target)


def unpack_deb(archive: Path, target: Path, inside: str) -> None:
    """Unpack the folder `inside` of a Debian package: an `ar` archive (deb(5)) with the files in its data.tar."""
    with archive.open("rb") as ar:
        ar.seek(8)
        while head := ar.read(60):
            name, size = head[:16].decode().strip(), int(head[48:58])
            if name.startswith("data.tar"):
                break
            ar.seek(size + size % 2, 1)
        with tarfile.open(fileobj=ar, mode="r|*") as tar:
            for member in tar:
                place = member.name.removeprefix("./")
                if place.startswith(inside):
                    member.name = place.removeprefix(inside)
                    tar.extract(member, target)


def obtain() -> tuple[Sources, list[Path]]:
    """The first sources of the ladder that can be had, and their files. Raises SetupError."""
    pool_uris = pools()
    for sources in LADDER:
        files: list[Path] = []
        for archive in sources.archives:
            file = download(archive, pool_uris)
            if file is None:
                break
            files.append(file)
        else:
            if sources.version != LADDER[0].version:
                say(f"MicroPython {LADDER[0].version} can't be had here, using {sources.version}")
            return sources, files
    raise SetupError(
        "the sources of MicroPython can't be downloaded: connect to the network, or name a build in $MICROPYTHON"
    )
