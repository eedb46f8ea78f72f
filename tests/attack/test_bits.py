# SPDX-License-Identifier: MIT
"""Unauthenticated bytes, downgrades, strangers: every bit that matters is under a tag; versions are no way round."""

import os
from pathlib import Path

import pytest

from nightlatch.errors import AuthFailed, HostError
from nightlatch.phone import keys
from nightlatch.phone.holder import Holder
from nightlatch.vault import KdfParams, Vault
from nightlatch.vault.records import Car
from nightlatch.wire import messages as m
from nightlatch.wire import numbers as n
from nightlatch.wire import record
from nightlatch.wire import token as t
from nightlatch.workshop.client import Client
from tests.attack.gate_bench import BLE, NFC, GateBench, GateLink
from tests.attack.table import Report


def bent(data: bytes) -> list[bytes]:
    """All copies of data with one bit turned."""
    whole = int.from_bytes(data, "big")
    return [(whole ^ 1 << bit).to_bytes(len(data), "big") for bit in range(8 * len(data))]


def signed(bench: GateBench, holder: Holder, nonce: bytes, first: int, flags: int = 0, attempt: int = 1) -> bytes:
    """A token with a good tag over any first byte and flags: what only the holder could make."""
    state = holder.state
    head = bytearray(t.head(0, state.handle, state.epoch, flags, attempt, keys.place(bench.veil, nonce)))
    head[0] = first
    return bytes(head) + keys.cmac(keys.derive(state.chain, b"token"), nonce + bytes(head))[: n.TAG_SIZE]


def test_every_bit_of_a_token(bench: GateBench, attack: Report) -> None:
    """On both links, for a first act, a retry and a question why; nothing moves, in the lock or in flash."""
    holder = bench.enrol()
    tries = opened = 0
    for what in ("first", "retry", "why"):
        before = bench.flash()
        for link in (BLE, NFC):
            for bit in range(8 * n.TOKEN_SIZE):
                copy = Holder(holder.state)
                token = bent(copy.token(bench.challenge(link), n.REPORT if what == "why" else n.UNLOCK))[bit]
                verdict = bench.present(token, link)
                tries += 1
                opened += bool(verdict.accepted or verdict.moves)
        assert bench.flash() == before
        if what == "first":
            assert bench.present(holder.token(bench.challenge(), n.UNLOCK)).accepted  # the next round is a retry
    assert bench.act(holder)[0].ok
    attack(14, "every bit of a token", tries, opened, "the untouched one opened")


def test_every_bit_of_an_answer(bench: GateBench, attack: Report) -> None:
    """A bent answer moves no holder's epoch and says nothing, whether it accepts or refuses."""
    holder = bench.enrol()
    tries = moved = 0
    for action in (n.UNLOCK, 0):  # an action that there is not
        token = holder.token(bench.challenge(), action)
        answer = bench.present(token).answer
        sent = holder.state
        for wrong in bent(answer):
            copy = Holder(sent)
            copy._sent = holder._sent
            result = copy.answer(wrong)
            tries += 1
            moved += result.verdict is not None or copy.state.epoch != sent.epoch
        assert holder.answer(answer).verdict == (n.OK if action == n.UNLOCK else n.UNKNOWN_ACTION)
    attack(14, "every bit of an answer", tries, moved, "its epoch stayed")


def vault_of(bench: GateBench, folder: Path) -> Vault:
    """The vault of the workshop that claimed the bench."""
    vault = Vault.create(folder / "vault.sqlite", b"a passphrase", KdfParams(1, 8, 1))
    vault.add_car(Car("bench", bench.agent_id, bench.veil, bench.log_key, bench.link_key))
    return vault


class Bender(GateLink):
    """Turns one bit of a payload of one kind, once. `size` is learnt on the way."""

    def __init__(self, bench: GateBench, direction: str, kind: int, bit: int) -> None:
        super().__init__(bench)
        self._plan = (direction, kind, bit)
        self.size = 0
        self.seen = 0
        self.done = False

    def bend(self, direction: str, payload: bytes) -> bytes:
        """Turns the bit; the second record of a session is the one that matters, the first only proves."""
        if (direction, payload[0]) != self._plan[:2] or self.done:
            return payload
        self.seen += 1
        self.size = 8 * len(payload)
        if self.seen < (2 if payload[0] & ~n.F_ANSWER == n.F_RECORD else 1):
            return payload
        self.done = True
        return bent(payload)[self._plan[2]]


@pytest.mark.parametrize(
    ("direction", "kind"),
    [
        ("in", n.F_OPEN),
        ("out", n.F_OPEN | n.F_ANSWER),
        ("in", n.F_RECORD),
        ("out", n.F_RECORD | n.F_ANSWER),
    ],
)
def test_every_bit_of_a_session(
    bench: GateBench, tmp_path: Path, attack: Report, direction: str, kind: int
) -> None:
    """A man in the middle of the cable who mends the frame's CRC: no request goes through changed, no answer either."""
    vault = vault_of(bench, tmp_path)
    tries = passed = bit = 0
    size = 1
    while bit < size:
        link = Bender(bench, direction, kind, bit)
        try:
            with Client(link).session(vault) as session:
                session.config_set("pulse_ms", 100 + bit)
            passed += 1
        except HostError:
            tries += 1
        size = link.size
        bit += 1
        with Client(GateLink(bench)).session(vault) as session:  # the next one works, and nothing was set by halves
            assert session.config_get("pulse_ms") in (400, *range(100, 100 + bit))
    attack(14, f"every bit of a session, {direction} {kind:#04x}", tries, passed, "the next session worked")


def test_records_in_another_order(bench: GateBench, tmp_path: Path, attack: Report) -> None:
    """A recorded session, or a part of it, does nothing a second time; nor do its records out of turn."""
    vault = vault_of(bench, tmp_path)
    recorded: list[bytes] = []

    class Tap(GateLink):
        """Records what the technician says."""

        def bend(self, direction: str, payload: bytes) -> bytes:
            recorded.extend([payload] if direction == "in" else [])
            return payload

    with Client(Tap(bench)).session(vault) as session:
        session.config_set("pulse_ms", 123)
        session.config_set("pulse_ms", 456)
    before = bench.flash()
    orders = (recorded, recorded[::-1], recorded[1:2] + recorded[3:], recorded[1:2] * 3, recorded[2:])
    tries = done = 0
    for order in orders:
        for payload in order:
            answer = bench.frame(payload)
            tries += 1
            done += answer[0] == n.F_RECORD | n.F_ANSWER
    assert bench.flash() == before
    with Client(GateLink(bench)).session(vault) as session:
        assert session.config_get("pulse_ms") == 456
    attack(1, "a recorded session on the cable", tries, done, "the workshop's next session worked")


def test_a_record_twice_in_its_own_session(bench: GateBench, tmp_path: Path, attack: Report) -> None:
    """The key is the same and the tag is good: the counter alone says that it was heard. It also ends the session."""
    vault = vault_of(bench, tmp_path)
    last: list[bytes] = []

    class Tap(GateLink):
        """Keeps what the technician said last."""

        def bend(self, direction: str, payload: bytes) -> bytes:
            last[:] = [payload] if direction == "in" else last
            return payload

    tries = done = 0
    for turn in range(3):
        session = Client(Tap(bench)).session(vault)
        for value in range(100, 101 + turn):
            session.config_set("pulse_ms", value)
        tries += 1
        done += bench.frame(last[0]) != bytes([n.F_REFUSAL, n.C_REFUSED])
        with pytest.raises(HostError):
            session.config_set("pulse_ms", 1000)
    attack(1, "a record twice in its session", tries, done, "the session ended; the next one worked")


def test_other_versions(bench: GateBench, attack: Report) -> None:
    """Each of the 16 versions under a good tag: only ours is looked at. And the versions of the technician's frames."""
    holder = bench.enrol()
    before = bench.flash()
    tries = opened = 0
    for version in range(16):
        if version != n.PROTOCOL:
            verdict = bench.present(signed(bench, holder, bench.challenge(), version << 4 | n.UNLOCK))
            tries += 1
            opened += bool(verdict.accepted or verdict.moves)
    genuine = holder.token(bench.challenge(), n.UNLOCK)
    stripped = bytes([genuine[0] & 15]) + genuine[1:]
    opened += bench.present(stripped).accepted
    bodies = {
        n.F_OPEN: record.pack(m.OPEN, {"version": n.PROTOCOL, "epoch": 0, "nonce": bytes(16)}),
        n.F_CLAIM: record.pack(m.CLAIM, {"version": n.PROTOCOL, "agent_id": bytes(16), "claim_key": bytes(16)}),
    }
    for kind, body in bodies.items():
        for version in (*range(n.PROTOCOL), *range(n.PROTOCOL + 1, 256)):
            answer = bench.frame(bytes([kind, version]) + body[1:])
            tries += 1
            opened += answer != bytes([n.F_REFUSAL, n.C_BAD_VERSION])
    assert bench.flash() == before
    attack(16, "other versions, token and cable", tries, opened, "nothing")


def test_flags_and_actions_under_a_good_tag(bench: GateBench) -> None:
    """Unknown flags and actions are refused to the holder itself, with a reason; passive entry is off by default."""
    holder = bench.enrol()
    for first, flags in ((n.UNLOCK, 8), (n.UNLOCK, 0x80), (n.UNLOCK, n.FLAG_PASSIVE), (0, 0), (6, 0), (14, 0)):
        verdict = bench.present(signed(bench, holder, bench.challenge(), n.PROTOCOL << 4 | first, flags))
        assert not verdict.accepted and not verdict.moves, (first, flags)
    bench("set", "passive", 1)
    for first in (n.LOCK, n.TRUNK, n.DRIVE):
        token = signed(bench, holder, bench.challenge(), n.PROTOCOL << 4 | first, n.FLAG_PASSIVE)
        assert not bench.present(token).accepted, first
    token = signed(bench, holder, bench.challenge(), n.PROTOCOL << 4 | n.UNLOCK, n.FLAG_PASSIVE)
    assert bench.present(token).moves == (n.UNLOCK,)


def test_a_stranger_who_does_everything_right(bench: GateBench, tmp_path: Path, attack: Report) -> None:
    """Right service, right veil key, right form, any handle: no identity, no unlock. Nor a session."""
    owner = bench.enrol()
    before = bench.flash()
    tries = opened = 0
    guesses = [bench.holder(handle, os.urandom(16)) for handle in (0, 1, 2, 255, 256, 0x7FFF, n.HANDLE_LAST, 0xFFFF)]
    guesses += [bench.holder(0, bytes(16)), bench.holder(0, b"\xff" * 16), bench.holder(0, bench.agent_id)]
    guesses += [bench.holder(0, bench.veil), bench.holder(0, None, os.urandom(16))]
    for guess in guesses:
        for action in range(16):
            verdict = bench.present(guess.token(bench.challenge(), action))
            tries += 1
            opened += bool(verdict.accepted or verdict.moves) or guess.answer(verdict.answer).verdict is not None
    for size in (*range(40), 255):
        verdict = bench.replay(os.urandom(size), NFC)
        tries += 1
        opened += bool(verdict.accepted or verdict.moves)
    assert bench.flash() == before
    stranger = Vault.create(tmp_path / "stranger.sqlite", b"a passphrase", KdfParams(1, 8, 1))
    stranger.add_car(Car("bench", bench.agent_id, bench.veil, bench.log_key, os.urandom(16)))
    with pytest.raises(AuthFailed):
        Client(GateLink(bench)).session(stranger)
    assert bench.act(owner)[0].ok and bench("faults") == ["0"]
    attack(17, "strangers who know all but a key", tries + 1, opened, "opened afterwards")
