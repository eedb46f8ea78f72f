# SPDX-License-Identifier: MIT
"""Property-based tests of the wire's parsers, and the same corpus under MicroPython with the same outcome."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from nightlatch.wire import frame, record
from nightlatch.wire import messages as m
from nightlatch.wire import numbers as n
from nightlatch.wire import token as t
from nightlatch.wire.errors import WireError

PAYLOAD = st.binary(min_size=1, max_size=n.FRAME_MAX)
SMALL = st.binary(min_size=1, max_size=300)
LAYOUTS = {name: value for name, value in vars(m).items() if isinstance(value, tuple)}


def values_of(layout: record.Layout) -> st.SearchStrategy[dict[str, Any]]:
    """Values that a layout can carry."""
    kinds: dict[str, st.SearchStrategy[Any]] = {}
    for name, kind, low, high in layout:
        if kind in record.SIZES:
            kinds[name] = st.integers(low, high)
        elif kind == "text":
            kinds[name] = st.text(st.characters(codec="utf-8"), min_size=low, max_size=max(low, high // 4))
        else:
            kinds[name] = st.binary(min_size=low, max_size=min(high, 64) if kind == "blob" else high)
    return st.fixed_dictionaries(kinds)


def chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    """Data in pieces."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(places)]


@given(st.lists(SMALL, max_size=6), st.lists(st.integers(0, 4000), max_size=12))
def test_frames_survive_any_cutting(payloads: list[bytes], cuts: list[int]) -> None:
    """However the bytes arrive, each payload comes out once and in order."""
    decoder = frame.Decoder()
    stream = b"".join(map(frame.encode, payloads))
    assert [out for piece in chunks(stream, cuts) for out in decoder.push(piece)] == payloads
    assert decoder.bad == 0


@given(PAYLOAD)
def test_a_frame_holds_no_zero_and_has_its_size(payload: bytes) -> None:
    """The closing zero is the only one; the overhead is what is promised, and within 5 % for long payloads."""
    framed = frame.encode(payload)
    assert framed.index(0) == len(framed) - 1 <= len(payload) + frame.overhead(len(payload)) - 1
    assert len(payload) < 250 or len(framed) <= len(payload) * 1.05
    assert frame.Decoder().push(framed) == [payload]


@given(st.binary(max_size=3000), SMALL)
def test_garbage_costs_at_most_the_frame_it_touches(garbage: bytes, payload: bytes) -> None:
    """After any bytes and a zero the next frame is decoded; the buffer never grows."""
    decoder = frame.Decoder()
    size = len(decoder._buf)
    for out in decoder.push(garbage):
        assert 1 <= len(out) <= n.FRAME_MAX
    assert decoder.push(b"\x00" + frame.encode(payload))[-1:] == [payload]
    assert len(decoder._buf) == size and decoder._fill == 0


@given(SMALL, st.data())
def test_a_damaged_frame_is_dropped(payload: bytes, data: st.DataObject) -> None:
    """One byte changed, or some missing: no payload but the true one ever comes out (CRC-32 misses no such burst)."""
    framed = frame.encode(payload)
    at = data.draw(st.integers(0, len(framed) - 2))
    value = data.draw(st.integers(1, 255))
    assume(framed[at] != value)
    decoder = frame.Decoder()
    assert decoder.push(framed[:at] + bytes([value]) + framed[at + 1 :]) == [] and decoder.bad == 1
    assert decoder.push(framed[:at] + b"\x00") == [] and decoder.push(framed) == [payload]


@given(st.integers(n.FRAME_MAX + 1, 4 * n.FRAME_MAX), SMALL)
def test_an_oversized_frame_is_drained(size: int, payload: bytes) -> None:
    """Refused by the encoder; from somebody else it is counted once, and what follows it comes through."""
    decoder = frame.Decoder()
    assert decoder.push(b"\x07" * size) == [] == decoder.push(b"\x00") and decoder.bad == 1
    assert decoder.push(frame.encode(payload)) == [payload]
    for wrong in (b"", bytes(size)):
        try:
            frame.encode(wrong)
            raise AssertionError("it was encoded")
        except WireError:
            continue


@given(st.sampled_from(sorted(LAYOUTS)), st.data())
def test_records_come_back_and_nothing_else_is_one(name: str, data: st.DataObject) -> None:
    """Round trip; every truncation and every extension is refused."""
    layout = LAYOUTS[name]
    values = data.draw(values_of(layout))
    packed = record.pack(layout, values)
    assert record.unpack(layout, packed) == values
    for wrong in [packed[:end] for end in range(len(packed))] + [packed + b"\x00", packed + packed[:1] + b"x"]:
        try:
            record.unpack(layout, wrong)
        except WireError:
            continue
        raise AssertionError(f"{len(wrong)} of {len(packed)} bytes were taken for a record")


@given(st.sampled_from(sorted(LAYOUTS)), st.binary(max_size=120))
def test_any_bytes_are_a_record_or_refused(name: str, data: bytes) -> None:
    """What is accepted is within its bounds, and packs to the same bytes: there is one encoding of each record."""
    layout = LAYOUTS[name]
    try:
        values, end = record.take(layout, data)
    except WireError:
        return
    assert record.pack(layout, values) == data[:end]


@given(st.sampled_from([name for name in sorted(LAYOUTS) if LAYOUTS[name]]), st.data())
def test_values_out_of_bounds_are_refused(name: str, data: st.DataObject) -> None:
    """On the way out as on the way in."""
    layout = LAYOUTS[name]
    values = data.draw(values_of(layout))
    field, kind, low, high = data.draw(st.sampled_from(layout))
    if kind in record.SIZES:
        wrong: Any = data.draw(st.sampled_from([low - 1, high + 1, None]))
    elif kind == "text":
        wrong = "x" * (high + 1)
    else:
        wrong = bytes(high + 1)
    for bad in ({**values, field: wrong}, {**values, "more": 1}, {k: v for k, v in values.items() if k != field}):
        try:
            record.pack(layout, bad)
        except WireError:
            continue
        raise AssertionError(field)


@given(
    st.integers(0, 15),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 255),
    st.integers(0, 0xFFFF),
    st.binary(min_size=16, max_size=16),
)
def test_token_fields_come_back(action: int, handle: int, epoch: int, flags: int, attempt: int, veil: bytes) -> None:
    """Through any veil."""
    head = t.head(action, handle, epoch, flags, attempt, veil) + bytes(12)
    assert (t.version(head), t.action(head), t.handle(head, veil)) == (n.PROTOCOL, action, handle)
    assert (t.epoch_low(head, veil), head[5], t.attempt(head)) == (epoch & 0xFFFF, flags, attempt)


def outcome(layout: record.Layout, data: bytes) -> str:
    """What a parser made of bytes, as text: the record packed again, or that it refused."""
    try:
        return record.pack(layout, record.unpack(layout, data)).hex()
    except WireError:
        return "refused"


def corpus() -> dict[str, Any]:
    """Streams and records, good, bent and random, with what CPython makes of them."""
    streams = []
    for size in (1, 2, 3, 250, 253, 254, 255, 508, 600, n.FRAME_MAX):
        framed = frame.encode(secrets.token_bytes(size)) + frame.encode(bytes(size))
        spoilt = bytearray(framed)
        spoilt[secrets.randbelow(len(spoilt))] ^= 1 << secrets.randbelow(8)
        streams += [framed, bytes(spoilt), framed[secrets.randbelow(size + 1) :], secrets.token_bytes(size) + framed]
    streams += [secrets.token_bytes(2000) + b"\x00" for _ in range(20)] + [b"\x00" * 50, b"\x01" * 3000, b"\xff" * 3000]
    cases = []
    for stream in streams:
        decoder = frame.Decoder()
        found = [out.hex() for piece in chunks(stream, [7, 100, 531]) for out in decoder.push(piece)]
        cases.append({"stream": stream.hex(), "found": found, "bad": decoder.bad})
    texts = [b"", b"ok", "é".encode(), b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80\x80\x80"]
    layout = (("label", "text", 0, n.LABEL_MAX),)
    sized = [bytes([len(text)]) + text for text in texts]
    records = [{"layout": "", "data": data.hex(), "is": outcome(layout, data)} for data in sized]
    for name in sorted(LAYOUTS):
        for size in range(0, 60, 3):
            data = secrets.token_bytes(size)
            tame = bytes(byte & 3 for byte in data)
            records += [{"layout": name, "data": d.hex(), "is": outcome(LAYOUTS[name], d)} for d in (data, tame)]
    return {"streams": cases, "records": records}


def test_the_same_under_micropython(upy: Callable[..., Any], tmp_path: Path) -> None:
    """One corpus, one outcome. A fresh one each time; the file stays where pytest keeps the last runs."""
    made = corpus()
    file = tmp_path / "corpus.json"
    file.write_text(json.dumps(made))
    ran = upy(Path(__file__).with_name("upy_wire.py"), file, heap="1M")
    assert ran.stdout.split() == ["met", str(len(made["streams"]) + len(made["records"]))], ran.account()
