# SPDX-License-Identifier: MIT
"""The agent's codec of PN532 host frames, against the virtual chip's own and known frames of the user manual."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch import micropython
from nightlatch.sim.reader.frame import ACK, NACK, Frame, Kind, Splitter, pack

RUN = Path(__file__).with_name("pn532_frame_run.py")


def load() -> ModuleType:
    """The agent's module; it imports nothing, so it needs no place among packages."""
    path = micropython.FIRMWARE / "agent" / "reader" / "pn532_frame.py"
    spec = importlib.util.spec_from_file_location("agent_pn532_frame", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


codec = load()
NAMES = {codec.ACK: Kind.ACK, codec.NACK: Kind.NACK, codec.DATA: Kind.DATA, codec.ERROR: Kind.DATA}


def decode(stream: bytes, cuts: list[int] | None = None, limit: int = 265) -> list[Frame]:
    """All frames that the agent's decoder finds, the stream pushed in pieces."""
    decoder = codec.Decoder(limit)
    size = len(decoder._buf)
    found = []
    for start, end in pairwise([0, *sorted(cut % (len(stream) + 1) for cut in cuts or []), len(stream)]):
        at = start
        while True:
            at = decoder.take(memoryview(stream), at, end)
            kind = decoder.poll()
            if kind != codec.NONE:
                found.append(Frame(NAMES[kind], bytes(decoder.data) if NAMES[kind] is Kind.DATA else b""))
            elif at == end:
                break
    assert len(decoder._buf) == size
    return found


def encode(command: int, params: bytes) -> bytes:
    """The frame that the agent sends."""
    out = bytearray(codec.FRAME_MAX)
    return bytes(out[: codec.encode_into(out, command, params)])


datas = st.one_of(st.binary(min_size=1, max_size=265), st.binary(min_size=250, max_size=265))
cuts_lists = st.lists(st.integers(min_value=0, max_value=4000), max_size=12)
noises = st.lists(st.sampled_from([0x00, 0x00, 0xFF, 0xFF, 0x01, 0xD5, 0x7F, 0x80]), max_size=60).map(bytes)


def test_known_frames() -> None:
    """GetFirmwareVersion and SAMConfiguration as the user manual prints them."""
    assert encode(0x02, b"") == bytes.fromhex("0000ff02fed4022a00")
    assert encode(0x14, bytes.fromhex("010000")) == bytes.fromhex("0000ff05fbd4140100001700")
    assert codec.ACK_FRAME == ACK and codec.NACK_FRAME == NACK
    assert decode(bytes.fromhex("0000ff00ff000000ff06fad50332010607e800")) == [
        Frame(Kind.ACK),
        Frame(Kind.DATA, bytes.fromhex("d50332010607")),
    ]


@given(st.integers(0, 255), st.binary(max_size=263))
def test_the_chip_understands_the_agent(command: int, params: bytes) -> None:
    """What one side encodes the other decodes, in normal and in extended frames."""
    expected = [Frame(Kind.DATA, bytes([0xD4, command]) + params)]
    assert list(Splitter().push(encode(command, params))) == expected


@given(st.lists(st.one_of(datas, st.just(b"")), max_size=4), cuts_lists, st.booleans())
def test_the_agent_understands_the_chip(frames: list[bytes], cuts: list[int], ambles: bool) -> None:
    """Whatever pieces it comes in, with preambles or without; empty stands for an ACK."""
    stream = b"".join(pack(data, ambles) if data else ACK for data in frames)
    assert decode(stream, cuts) == [Frame(Kind.DATA, data) if data else Frame(Kind.ACK) for data in frames]


@given(st.one_of(datas, st.just(b"")), st.booleans())
def test_a_frame_s_length_shows_in_its_head(data: bytes, preamble: bool) -> None:
    """For the buses on which the host says how much it reads; also where the chip leaves its first zero out."""
    frame = (pack(data) if data else ACK)[not preamble :]
    assert codec.length(frame[: codec.HEAD]) == len(frame)


@given(st.binary(max_size=12))
def test_any_head_has_a_bounded_length(head: bytes) -> None:
    assert 0 <= codec.length(head) <= codec.FRAME_MAX + len(head)


@given(
    st.lists(st.one_of(noises, st.binary(max_size=40), datas.map(pack), st.just(ACK)), max_size=6), cuts_lists
)
def test_two_codecs_agree_on_any_stream(pieces: list[bytes], cuts: list[int]) -> None:
    """Two decoders written apart find the same frames in noise, and neither depends on how it is cut."""
    stream = b"".join(pieces)
    assert decode(stream, cuts) == decode(stream) == list(Splitter().push(stream))


@given(noises, datas)
def test_in_step_again_after_garbage(noise: bytes, data: bytes) -> None:
    """A frame is found behind any noise, once enough bytes have come to see that the noise was none."""
    stream = noise + pack(data) + bytes(300)
    found = [frame.data for frame in decode(stream) if frame.kind is Kind.DATA]
    assert all(pack(body, ambles=False) in stream for body in found)
    assert found  # the frame, unless the noise before it made it part of another valid one


@given(datas, st.integers(min_value=0), st.integers(0, 7))
def test_a_flipped_bit_is_never_taken_for_the_frame(data: bytes, place: int, bit: int) -> None:
    """One flipped bit between start code and checksum: the data does not come through changed."""
    stream = bytearray(pack(data))
    place = 3 + place % (len(stream) - 4)
    stream[place] ^= 1 << bit
    changed = [frame.data for frame in decode(bytes(stream)) if len(frame.data) == len(data)]
    assert changed == []


@given(st.integers(61, 265))
def test_too_long_for_the_decoder(size: int) -> None:
    """A longer frame than the limit is skipped; the next one is read."""
    stream = pack(b"\xd5" * size) + pack(b"\xd5\x03")
    assert decode(stream, limit=60) == [Frame(Kind.DATA, b"\xd5\x03")]


def test_refuses_to_encode_too_much() -> None:
    """One byte more than the chip takes."""
    with pytest.raises(ValueError):
        encode(0x40, bytes(264))


def test_a_flood_costs_little() -> None:
    """Half a megabyte of the worst start codes: bounded memory, and time that grows with the input only."""
    assert decode(b"\x00\xff\xff\xff\x01\x09\xf6" * 70_000 + bytes(300) + ACK)[-1] == Frame(Kind.ACK)


def test_same_under_cpython_and_micropython(upy: Callable[..., Any]) -> None:
    """The same streams, the same findings, line by line."""
    device = upy(RUN)
    here = subprocess.run(
        [sys.executable, str(RUN)],
        env={**os.environ, "PYTHONPATH": str(micropython.FIRMWARE)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert device.stderr == here.stderr == ""
    assert device.stdout == here.stdout
    assert len(here.stdout.splitlines()) == 300
