# SPDX-License-Identifier: MIT
"""Property-based tests of what parses on the host: a key's URL, an exported log, what a device says."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.device.types import LogEntry
from nightlatch.errors import HostError, UsageError
from nightlatch.link.base import Link
from nightlatch.phone import bundle, keys
from nightlatch.vault.records import LogHead
from nightlatch.wire import frame, record
from nightlatch.wire import messages as m
from nightlatch.wire import numbers as n
from nightlatch.workshop import logbook
from nightlatch.workshop.client import Client

SIXTEEN = st.binary(min_size=16, max_size=16)
LABEL = st.text(st.characters(codec="utf-8"), max_size=n.LABEL_MAX // 4)
BUNDLES = st.builds(
    bundle.KeyBundle,
    SIXTEEN,
    SIXTEEN,
    st.integers(0, n.HANDLE_LAST),
    st.integers(1, 5),
    st.integers(0, n.RIGHTS_KNOWN),
    SIXTEEN,
    LABEL,
)
LOG_KEY = os.urandom(16)


@given(BUNDLES)
def test_a_key_s_url_comes_back(key: bundle.KeyBundle) -> None:
    """Also with white space around it, as copied text has."""
    assert bundle.decode(f"  {bundle.encode(key)}\n") == key


@given(BUNDLES, st.data())
def test_a_damaged_url_is_refused_without_a_word_of_it(key: bundle.KeyBundle, data: st.DataObject) -> None:
    """One character changed, or some missing."""
    url = bundle.encode(key)
    at = data.draw(st.integers(len(bundle.SCHEME), len(url) - 1))
    other = data.draw(st.sampled_from("ABCabc019-_=!\n é"))
    for wrong in (url[:at], url[:at] + other + url[at + 1 :], url + "AAAA"):
        try:
            assert bundle.decode(wrong) == key, "another key came out"
            assert wrong[:-1] == url[:-1], "only the last character has bits that mean nothing"
        except UsageError as error:
            assert url[20:40] not in str(error)


@given(st.one_of(st.text(max_size=400), st.text(max_size=200).map(lambda text: bundle.SCHEME + text)))
def test_any_text_is_no_key(text: str) -> None:
    """A clear refusal, never another exception."""
    with pytest.raises(UsageError):
        bundle.decode(text)


def log_of(count: int, first: int = 0) -> list[LogEntry]:
    """A good log."""
    entries, chain = [], b""
    for seq in range(first, first + count):
        values = {"seq": seq, "time": seq, "link": 1, "action": 1, "handle": 0, "verdict": 0, "flags": 0, "detail": 0}
        raw = record.pack(m.LOG_ENTRY, values)
        chain = keys.cmac(LOG_KEY, chain + raw)[: m.LOG_CHAIN_SIZE]
        entries.append(LogEntry(**values, raw=raw, chain=chain))
    return entries


def altered(entry: LogEntry, raw: bytes, chain: bytes) -> LogEntry:
    """An entry as other bytes make it."""
    return LogEntry(**record.unpack(m.LOG_ENTRY, raw), raw=raw, chain=chain)


@given(st.integers(1, 30), st.data())
def test_the_first_broken_entry_is_named(count: int, data: st.DataObject) -> None:
    """Change a bit, take one out, or swap two: the check says where."""
    log = log_of(count)
    whole = logbook.verify(log, LOG_KEY)
    assert whole.ok and whole.anchored and whole.missing == 0 and whole.entries == count
    at = data.draw(st.integers(0, count - 1))
    bit = data.draw(st.integers(32, 8 * m.LOG_ENTRY_SIZE - 1))
    raw = bytearray(log[at].raw)
    raw[bit // 8] ^= 1 << bit % 8
    bent = altered(log[at], bytes(raw), log[at].chain)
    assert logbook.verify([*log[:at], bent, *log[at + 1 :]], LOG_KEY).broken == at
    chain = bytes([log[at].chain[0] ^ 1]) + log[at].chain[1:]
    assert logbook.verify([*log[:at], altered(log[at], log[at].raw, chain), *log[at + 1 :]], LOG_KEY).broken == at
    if 0 < at < count - 1:
        gone = logbook.verify([*log[:at], *log[at + 1 :]], LOG_KEY)
        assert gone.broken == at + 1 and gone.missing == 1
        assert logbook.verify([*log[:at], log[at + 1], log[at], *log[at + 2 :]], LOG_KEY).broken == at + 1
    assert logbook.verify(log, os.urandom(16)).broken == 0


@given(st.integers(2, 20), st.data())
def test_an_export_joins_what_was_verified(count: int, data: st.DataObject) -> None:
    """A head from before anchors it; a log that was begun anew, or rewritten, does not join."""
    log = log_of(count)
    at = data.draw(st.integers(0, count - 2))
    head = LogHead("s", log[at].seq, log[at].chain)
    assert logbook.verify(log[at + 1 :], LOG_KEY, head).anchored
    forged = LogHead("s", log[at].seq, bytes(m.LOG_CHAIN_SIZE))
    assert not logbook.verify(log[at + 1 :], LOG_KEY, forged).ok
    assert logbook.verify([], LOG_KEY, head).ok


class Babble(Link):
    """A device that says whatever it likes."""

    def __init__(self, said: list[bytes]) -> None:
        super().__init__("pty:/babble", 0.01)
        self._said = list(said)

    def read(self, n: int, timeout: float) -> bytes:
        return self._said.pop(0) if self._said else b""

    def write(self, data: bytes) -> None:
        assert data

    def close(self) -> None:
        self._said.clear()


FRAMES = st.one_of(
    st.binary(max_size=300),
    st.binary(min_size=1, max_size=80).map(frame.encode),
    st.binary(max_size=60).map(lambda body: frame.encode(bytes([n.F_HELLO | n.F_ANSWER]) + body)),
    st.integers(0, 255).map(lambda code: frame.encode(bytes([n.F_REFUSAL, code]))),
)


@given(st.lists(FRAMES, max_size=6))
def test_any_device_is_understood_or_reported(said: list[bytes]) -> None:
    """Any bytes in answer to HELLO: a Hello within its bounds, or a HostError with a hint; no other exception."""
    try:
        hello = Client(Babble(said), timeout=0.002).hello()
    except HostError as error:
        assert str(error)
    else:
        assert hello.state in (n.AGENT_BLANK, n.AGENT_CLAIMED, n.AGENT_FAULTY) and len(hello.serial) <= n.SERIAL_MAX
