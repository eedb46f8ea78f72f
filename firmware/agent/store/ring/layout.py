# SPDX-License-Identifier: MIT
"""The bytes of a record, and of the words that stand between records.

Record: body length (1) · type (1) · CRC-32 (4) over sector sequence, offset, type, length and body · body, padded
to 4. The last two bytes of a body say what it is about; a kill programs zeros from the type up to them. Type 0x00 is a
killed record, length and type 0x00 are filling, 0xFF is blank flash.
Seal, put behind what was written when idle: what does not verify in front of one was whole once, and rotted; what
stands behind the last one may be what a cut left.
Quiet word, behind what a start settled: nothing was appended since. Who appends makes it a begun word first.
"""

# Types. One that a cut kill may turn into another would be taken for it: each that is killed has a bit of its own.
FIXED = 1  # a credential as enrolled
ROLL = 2  # where its chain stands
LOG = 3  # never killed
VALUE = 4
RETIRED = 8  # the sectors that are no good
TALLY = 16  # how often the agent started: a byte of it is programmed over with each start
KILLED = -1  # told of a record whose body was killed, as far as one reading says

PLACES = 0xFF00  # what a value is about is its identifier, raised by this: no handle is as high

HEAD = 6
ALIGN = 4
BODY_MAX = 128
KEY = 2  # the last bytes of a body

# The marks of a tally, within its body: programmed over later, so no CRC covers them.
MARKS_AT = 6
MARKS_END = 70
TALLY_SIZE = 72

# Longer than any record: none begins like them.
SEAL = b"\xa9\x56\x9a\x65\xc3\x3c\x5a\xa5"
HALF = b"\xd3\x2c\xe9\x16"
QUIET = b"\xc5\x3a\x97\x68" + HALF
BEGUN = bytes(4) + HALF
WORD = 8
_BENT = 6  # bits of a seal that may have rotted


def size_of(length: int) -> int:
    """Bytes that a record with a body of this length takes."""
    return (HEAD + length + ALIGN - 1) // ALIGN * ALIGN


REACH = size_of(BODY_MAX)  # the largest record: so far a cut may have left traces
TRACES = REACH + WORD  # so far behind the last whole record a cut may have left something: a record, a seal


def is_seal(data: "bytes | memoryview") -> bool:
    """Whether this is a seal, or what is left of one that rotted. May be longer than one."""
    if len(data) < WORD:
        return False
    count = 0
    for have, want in zip(data, SEAL):
        count += bin(have ^ want).count("1")
    return count <= _BENT


def both(one: "bytes | memoryview", other: bytes) -> bytes:
    """The bits that are set in both."""
    return bytes([have & want for have, want in zip(one, other)])
