# SPDX-License-Identifier: MIT
"""All that a virtual NTAG 424 DNA keeps without power, and how it is written to a file."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

KEYS = 5
FREE = 0xE
NEVER = 0xF
_CC = bytes.fromhex("001720010000FF0406E104010000000506E10500808283")
_LATER = ("hardware", "software", "signature")  # what a file of an older version lacks
# number: file identifier, size, communication mode, access rights (read, write, both, change), content; tables 5, 8, 13
_FILES = {
    1: (0xE103, 32, 0, 0xE000, _CC),
    2: (0xE104, 256, 0, 0xEEE0, b""),
    3: (0xE105, 128, 3, 0x2330, b""),
}


@dataclass
class Sdm:
    """Secure Dynamic Messaging of file 2 (table 69); an offset of None is not there."""

    options: int
    rights: int
    uid_at: int | None = None
    counter_at: int | None = None
    picc_at: int | None = None
    mac_input: int | None = None
    enc_at: int | None = None
    enc_size: int | None = None
    mac_at: int | None = None
    limit: int | None = None

    @property
    def meta(self) -> int:
        """SDMMetaRead: who encrypts the mirrored PICCData."""
        return self.rights >> 12

    @property
    def file_read(self) -> int:
        """SDMFileRead: whose session keys protect what is read."""
        return self.rights >> 8 & 15

    @property
    def counter_right(self) -> int:
        """SDMCtrRet: who may ask for the counter."""
        return self.rights & 15

    def offsets(self) -> list[int | None]:
        """In the order of ChangeFileSettings."""
        names = (self.uid_at, self.counter_at, self.picc_at, self.mac_input)
        return [*names, self.enc_at, self.enc_size, self.mac_at, self.limit]


@dataclass
class File:
    """A StandardData file. `rights`: Read, Write, ReadWrite, Change, four bits each."""

    fid: int
    size: int
    mode: int
    rights: int
    data: bytes
    sdm: Sdm | None = None
    counter: int = 0

    def right(self, name: str) -> int:
        """One access condition: a key number, FREE or NEVER."""
        return self.rights >> {"read": 12, "write": 8, "both": 4, "change": 0}[name] & 15


def _files() -> dict[int, File]:
    return {
        number: File(fid, size, mode, rights, content + bytes(size - len(content)))
        for number, (fid, size, mode, rights, content) in _FILES.items()
    }


@dataclass
class State:
    """The EEPROM. As delivered: five zero keys, the files of tables 5, 8 and 13, counters at zero.

    hardware: as GetVersion says it of a card with strong back modulation.
    signature: the 56 bytes of NXP over a UID that NXP gave; empty on a card that NXP did not make.
    """

    uid: bytes = field(default_factory=lambda: b"\x04" + os.urandom(6))
    keys: list[bytes] = field(default_factory=lambda: [bytes(16)] * KEYS)
    versions: list[int] = field(default_factory=lambda: [0] * KEYS)
    files: dict[int, File] = field(default_factory=_files)
    random_id: bool = False
    lrp: bool = False
    chained_writes: bool = True
    strong: bool = True
    caps: bytes = bytes(2)
    fail_counting: bool = True
    fail_limit: int = 1000
    fail_step: int = 10
    failed: list[int] = field(default_factory=lambda: [0] * KEYS)
    row: int = 0
    delay: int = 0
    hardware: bytes = bytes.fromhex("04040230001105")
    software: bytes = bytes.fromhex("04040201021105")
    production: bytes = bytes.fromhex("CF39D449803420")
    signature: bytes = b""

    def save(self, path: Path) -> None:
        """Writes a JSON file with all secrets in it, mode 0600, whole or not at all."""
        draft = path.with_name(path.name + ".new")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file, default=lambda value: value.hex())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads what save() wrote. ValueError for anything else."""
        try:
            values: dict[str, Any] = json.loads(path.read_text())
            files = {int(number): _file(one) for number, one in values.pop("files").items()}
            keys = [bytes.fromhex(key) for key in values.pop("keys")]
            names = ("uid", "caps", "production", *(name for name in _LATER if name in values))
            octets: dict[str, Any] = {name: bytes.fromhex(values.pop(name)) for name in names}
            return cls(files=files, keys=keys, **octets, **values)
        except (KeyError, TypeError, AttributeError, ValueError):
            raise ValueError("not the state of a virtual card") from None


def _file(values: dict[str, Any]) -> File:
    sdm = values.pop("sdm")
    return File(data=bytes.fromhex(values.pop("data")), sdm=sdm and Sdm(**sdm), **values)
