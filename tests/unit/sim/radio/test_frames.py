# SPDX-License-Identifier: MIT
"""The radio's frames and tables, and how a phone knows its car: parsers that take whatever comes."""

import struct
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.phone import advert
from nightlatch.sim.radio.frames import FRAME_MAX, FrameError, Reader, ToAir, unpack
from nightlatch.sim.radio.table import Table
from nightlatch.wire import numbers as n

FRAMES = st.lists(st.tuples(st.sampled_from(ToAir), st.binary(max_size=FRAME_MAX - 1)), max_size=8)


@given(FRAMES, st.lists(st.integers(0, 3000), max_size=6))
def test_frames_survive_any_cut(frames: list[tuple[ToAir, bytes]], cuts: list[int]) -> None:
    stream = b"".join(struct.pack("<HB", len(body) + 1, kind) + body for kind, body in frames)
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    reader = Reader()
    got = [frame for start, end in pairwise(places) for frame in reader.push(stream[start:end])]
    assert got == frames


@given(st.lists(st.binary(max_size=700), max_size=8))
def test_junk_is_an_error_or_a_frame(chunks: list[bytes]) -> None:
    reader, table = Reader(), Table()
    try:
        for chunk in chunks:
            for kind, fields in reader.push(chunk):
                assert len(fields) < FRAME_MAX
                table.add(kind, fields)
    except FrameError:
        return
    assert len(reader._held) <= FRAME_MAX + 2


@given(st.sampled_from(ToAir), st.binary(max_size=40))
def test_table_takes_anything(kind: ToAir, fields: bytes) -> None:
    table = Table()
    table.add(ToAir.TABLE, b"")
    table.add(ToAir.SERVICE, bytes(16))
    try:
        assert table.add(kind, fields) == (kind == ToAir.READY)
    except FrameError:
        assert len(table.services) == 1 and not table.services[0].characteristics


def test_short_fields() -> None:
    assert unpack("HB", b"\x01\x02\x03\x04") == (0x0201, 3)
    with pytest.raises(FrameError):
        unpack("HB", b"\x01\x02")


@given(st.binary(min_size=16, max_size=16), st.binary(max_size=8))
def test_only_the_veil_key_knows_the_car(key: bytes, data: bytes) -> None:
    mac = CMAC(AES(key))
    mac.update(b"\x01advert\x00\x00\x80")
    mac, own = CMAC(AES(mac.finalize())), data[:3]
    mac.update(own)
    good = own + mac.finalize()[:3]
    assert advert.is_ours(key, good) == (len(data) >= 3)
    if len(data) >= 3:
        for place in range(6):
            assert not advert.is_ours(key, good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
    if len(data) != 6:
        assert not advert.is_ours(key, data)


def test_other_adverts() -> None:
    assert advert.payload((n.COMPANY, b"abcdef")) == b"abcdef"
    for other in (None, (n.COMPANY, b"abcde"), (n.COMPANY, b"abcdefg"), (0x004C, b"abcdef")):
        assert advert.payload(other) == b""
