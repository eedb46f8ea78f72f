# SPDX-License-Identifier: MIT
"""Our data on a key card: where it stands in the files of an NTAG 424 DNA, and how a ticket is laid out.

    file 2, from 0   empty NDEF (0000) · "NL" · version (1) · handle (2) · 0: anybody may read it
    file 3, from 0   two tickets: that of epoch e in place e & 1
    ticket           epoch (4) · first 12 bytes of KDF(chain key of the epoch, "ticket")

Keys: 3 reads and writes file 3; 0 changes the rest; 1, 2 and 4 are ours and used for nothing.
"""

VERSION = 1
ACCESS_KEY = 3
RECORD_FILE = 2
RECORD_SIZE = 8
TICKET_FILE = 3
TICKET_SIZE = 16
TICKETS_SIZE = 2 * TICKET_SIZE
LABEL = b"ticket"
_HEAD = b"\x00\x00NL" + bytes((VERSION,))


def record(handle: int) -> bytes:
    """The 8 bytes that name the handle."""
    return _HEAD + handle.to_bytes(2, "big") + b"\x00"


def handle(data: bytes) -> int:
    """The handle of a record, -1 when it is none of ours."""
    if len(data) != RECORD_SIZE or data[:5] != _HEAD or data[7]:
        return -1
    return data[5] << 8 | data[6]


def ticket(epoch: int, tag: bytes) -> bytes:
    """A ticket of 16 bytes; tag: at least 12."""
    return epoch.to_bytes(4, "big") + tag[: TICKET_SIZE - 4]


def epoch(data: bytes) -> int:
    """The epoch that a ticket claims."""
    return int.from_bytes(data[:4], "big")


def place(epoch: int) -> int:
    """The offset in file 3 of the ticket of an epoch."""
    return TICKET_SIZE * (epoch & 1)
