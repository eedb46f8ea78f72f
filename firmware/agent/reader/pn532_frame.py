# SPDX-License-Identifier: MIT
"""Host frames of the PN532 (NXP UM0701-02, 6.2.1): builds what goes to the chip, and finds frames in what comes back.

Pure: no I/O, no clock, the same under CPython and MicroPython.
"""

NONE = 0  # nothing complete yet
ACK = 1
NACK = 2
DATA = 3
ERROR = 4  # the chip could not make sense of a command (TFI 7F)

TO_CHIP = 0xD4
FROM_CHIP = 0xD5
DATA_MAX = 265  # TFI, command and the longest parameters
FRAME_MAX = DATA_MAX + 10
ACK_FRAME = b"\x00\x00\xff\x00\xff\x00"
NACK_FRAME = b"\x00\x00\xff\xff\x00\x00"
HEAD = 8  # enough to know how long a frame is
_START = b"\x00\xff"


def encode_into(out: bytearray, command: int, params: bytes) -> int:
    """Writes the frame of a command into out (FRAME_MAX bytes); returns its size. params: up to DATA_MAX - 2 bytes."""
    size = len(params) + 2
    if size > DATA_MAX:
        raise ValueError("params must hold up to %d bytes" % (DATA_MAX - 2))
    out[0] = out[1] = 0
    out[2] = 0xFF
    if size < 255:
        out[3] = size
        out[4] = -size & 0xFF
        at = 5
    else:
        out[3] = out[4] = 0xFF
        out[5] = size >> 8
        out[6] = size & 0xFF
        out[7] = -(out[5] + out[6]) & 0xFF
        at = 8
    out[at] = TO_CHIP
    out[at + 1] = command
    end = at + size
    out[at + 2 : end] = params
    out[end] = -(TO_CHIP + command + sum(params)) & 0xFF
    out[end + 1] = 0
    return end + 2


def length(head: "bytes | bytearray | memoryview") -> int:
    """Bytes of the frame that begins so, preamble and postamble included; 0 where head (HEAD bytes) holds no frame.

    For buses on which the host says how much it reads. A missing preamble is borne: over SPI some chips leave it out.
    """
    head = bytes(head)
    at = head.find(_START) + 2
    if at < 2 or at + 2 > len(head):
        return 0
    size = head[at]
    check = head[at + 1]
    if (size, check) in ((0, 0xFF), (0xFF, 0)):
        return at + 3
    if size == 0xFF and check == 0xFF:
        if at + 5 > len(head) or sum(head[at + 2 : at + 5]) & 0xFF:
            return 0
        size = head[at + 2] << 8 | head[at + 3]
        at += 3
    elif size + check & 0xFF:
        return 0
    return at + 2 + size + 2 if 0 < size <= DATA_MAX else 0


class Decoder:
    """Finds frames in pushed bytes; noise is skipped, and a frame that hides in a damaged one is found.

    take() stores bytes, poll() names what they completed. After DATA, `data` is a view of TFI and packet data that
    holds until the next call. Holds one frame of at most `limit` data bytes; `bad` counts starts that led nowhere.
    """

    def __init__(self, limit: int = DATA_MAX) -> None:
        self._buf = bytearray(limit + 10)
        self._view = memoryview(self._buf)
        self._limit = limit
        self._fill = 0
        self._done = 0  # bytes at the front that are dealt with
        self._kind = NONE
        self.bad = 0
        self.data = self._view[:0]

    def reset(self) -> None:
        """Forgets what was stored."""
        self._fill = self._done = 0
        self.data = self._view[:0]

    def take(self, source: memoryview, at: int, end: int) -> int:
        """Stores source[at:end] as far as it fits; returns where it stopped. Alternate with poll() until at == end."""
        if self._done:
            keep = self._fill - self._done
            self._view[:keep] = self._view[self._done : self._fill]
            self._fill = keep
            self._done = 0
        count = min(end - at, len(self._buf) - self._fill)
        self._view[self._fill : self._fill + count] = source[at : at + count]
        self._fill += count
        return at + count

    def poll(self) -> int:
        """The kind of the next complete frame, NONE when more bytes are needed."""
        buf = self._buf
        fill = self._fill
        at = self._done
        while True:
            at = buf.find(_START, at, fill)
            if at < 0:
                at = fill - 1 if fill > self._done and buf[fill - 1] == 0 else fill
                break
            end = self._judge(at, fill)
            if end < 0:
                break
            if end:
                self._done = end
                return self._kind
            self.bad += 1
            at += 1
        self._done = at
        return NONE

    def _judge(self, at: int, fill: int) -> int:
        """End of the frame whose start code is at `at`; 0 when there is none, -1 when more bytes are needed."""
        buf = self._buf
        if fill - at < 4:
            return -1
        size = buf[at + 2]
        check = buf[at + 3]
        first = at + 4
        if size == 0xFF and check == 0xFF:
            if fill - at < 7:
                return -1
            size = buf[at + 4] << 8 | buf[at + 5]
            check = buf[at + 4] + buf[at + 5] + buf[at + 6]
            first = at + 7
        elif size == 0 and check == 0xFF:
            self._kind = ACK
            return first
        elif size == 0xFF and check == 0:
            self._kind = NACK
            return first
        else:
            check += size
        if check & 0xFF or not 0 < size <= self._limit:
            return 0
        end = first + size
        if fill <= end:
            return -1
        data = self._view[first:end]
        if (sum(data) + buf[end]) & 0xFF:
            return 0
        self._kind = ERROR if size == 1 and data[0] == 0x7F else DATA
        self.data = data
        return end + 1
