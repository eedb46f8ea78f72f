# SPDX-License-Identifier: MIT
"""The client against devices that are strange: garbage, late frames, wrong layouts, and every code of refusal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nightlatch.device.frames import Frames, refusal
from nightlatch.errors import AuthFailed, HostError, Mismatch, NoAnswer, Refused
from nightlatch.vault import Car, KdfParams, Vault
from nightlatch.wire import frame, record
from nightlatch.wire import messages as m
from nightlatch.wire import numbers as n
from nightlatch.workshop.client import Client
from nightlatch.workshop.session import Session
from tests.unit.workshop.device_bench import Puppet

CAR = Car("NL-1", bytes(16), b"v" * 16, b"l" * 16, b"k" * 16, board="B")
CODES = {name: value for name, value in vars(n).items() if name.startswith("C_")}
HELLO = record.pack(
    m.HELLO_ANSWER, {"version": 1, "state": 2, "board": "B", "firmware": "1", "serial": "NL-1"}
)


def framed(*payloads: bytes) -> bytes:
    return b"".join(frame.encode(payload) for payload in payloads)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    vault = Vault.create(tmp_path / "vault.sqlite", b"a passphrase", KdfParams(1, 8, 1))
    vault.add_car(CAR)
    return vault


@pytest.mark.parametrize("name", sorted(CODES))
def test_every_code_has_its_error(name: str) -> None:
    error = refusal(CODES[name], "pty:x")
    exits = {"C_REFUSED": 6, "C_BAD_VERSION": 7}
    exits |= dict.fromkeys(("C_BAD_SIGNATURE", "C_BAD_HASH", "C_WRONG_BOARD", "C_OLD_VERSION", "C_BAD_IMAGE"), 7)
    assert (
        error.exit_code == exits.get(name, 1) and error.device == "pty:x" and str(error).startswith("pty:x: ")
    )
    assert error.code.startswith("code_") == (name == "C_OK")


def test_codes_are_told_apart_and_an_unknown_one_is_no_crash() -> None:
    words = [refusal(value, "").code for value in CODES.values()]
    assert len(set(words)) == len(words)
    assert refusal(200, "pty:x").code == "code_200"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"garbage, no frame\n",
        b"\x00" * 100,
        b"\xff" * 3000,
        framed(b"\x77what"),
        framed(b"\x84" + bytes(30)),
        framed(bytes([n.F_REFUSAL])),
        framed(bytes([n.F_REFUSAL, 1, 2])),
        framed(b"\x81" + HELLO)[:-3],
        framed(b"\x81" + HELLO)[:-3] + b"\x00",
    ],
)
def test_what_is_no_answer(raw: bytes) -> None:
    puppet = Puppet(CAR, {}, raw=[raw, raw])
    with pytest.raises(NoAnswer) as told:
        Client(puppet, timeout=0.05).hello()
    assert told.value.exit_code == 3 and puppet.raw == []


@pytest.mark.parametrize(
    "raw",
    [
        framed(b"\x81" + HELLO),
        b"\x01\x02noise\x00" + framed(b"\x81" + HELLO),
        framed(b"\x83" + bytes(16), b"\x84late", b"\x82", b"\x81" + HELLO),
        framed(b"\x81" + HELLO, b"\x81" + HELLO),
    ],
)
def test_an_answer_among_other_things(raw: bytes) -> None:
    hello = Client(Puppet(CAR, {}, raw=[raw]), timeout=1.0).hello()
    assert (hello.serial, hello.state, hello.board) == ("NL-1", n.AGENT_CLAIMED, "B")


def test_hello_is_asked_twice() -> None:
    good = framed(b"\x81" + HELLO)
    for first in (b"", b"\x01\x00", b"half a frame" + good):
        assert Client(Puppet(CAR, {}, raw=[first, good]), timeout=0.1).hello().version == 1


@pytest.mark.parametrize(
    "body", [HELLO[:-1], HELLO + b"x", b"\x01\x09" + HELLO[2:], b"", HELLO[:2] + b"\x01\xff" + HELLO[4:]]
)
def test_an_answer_of_another_layout(body: bytes) -> None:
    with pytest.raises(Mismatch) as told:
        Client(Puppet(CAR, {}, raw=[framed(b"\x81" + body)]), timeout=0.1).hello()
    assert told.value.exit_code == 7 and told.value.device == "pty:puppet"


def test_a_refusal_in_place_of_an_answer() -> None:
    puppet = Puppet(CAR, {}, raw=[framed(bytes([n.F_REFUSAL, n.C_BAD_VERSION]))])
    with pytest.raises(Mismatch):
        Frames(puppet, 0.1).ask(b"\x01\x01", n.F_HELLO)


def session(vault: Vault, says: dict[int, list[bytes]]) -> tuple[Session, Puppet]:
    puppet = Puppet(CAR, says)
    return Client(puppet, timeout=0.2).session(vault), puppet


def answer(number: int, body: bytes = b"", code: int = n.C_OK) -> bytes:
    return bytes([number | n.R_ANSWER, code]) + body


def test_a_session_proves_itself_and_closes(vault: Vault) -> None:
    opened, puppet = session(vault, {n.R_CLOSE: [answer(n.R_CLOSE)]})
    with opened as running:
        assert running.status().uptime == 0
    assert puppet.asked == [n.R_STATUS, n.R_STATUS, n.R_CLOSE] and vault.car().link_epoch == 1


def test_a_device_that_does_not_know_the_key_is_no_car_of_ours(vault: Vault) -> None:
    stranger = Puppet(Car("NL-1", bytes(16), b"v" * 16, b"l" * 16, b"?" * 16), {})
    stranger._answers = lambda payload: [  # type: ignore[method-assign]
        {1: b"\x81" + HELLO, 3: b"\x83" + bytes(16)}.get(
            payload[0], b"\x84" + bytes(4) + b"\x00\x28" + bytes(40)
        )
    ]
    with pytest.raises(AuthFailed) as told:
        Client(stranger, timeout=0.2).session(vault)
    assert told.value.exit_code == 6 and vault.car().link_epoch == 0, "what is not proved steps nothing"


LIST_END = (0xFFFF).to_bytes(2, "big")
STRANGE: list[tuple[int, bytes, Callable[[Session], Any]]] = [
    (n.R_STATUS, answer(n.R_STATUS, b"short"), lambda s: s.status()),
    (n.R_STATUS, answer(n.R_LIST), lambda s: s.status()),
    (n.R_STATUS, b"\x81", lambda s: s.status()),
    (n.R_LIST, answer(n.R_LIST, b"\x00"), lambda s: s.keys()),
    (n.R_LIST, answer(n.R_LIST, b"\x00\x00"), lambda s: s.keys()),
    (n.R_LIST, answer(n.R_LIST, LIST_END + b"\x00\x01\x01"), lambda s: s.keys()),
    (n.R_LOG, answer(n.R_LOG, bytes(8) + bytes(23)), lambda s: list(s.log())),
    (n.R_LOG, answer(n.R_LOG, bytes(7)), lambda s: list(s.log())),
    (n.R_CONFIG_GET, answer(n.R_CONFIG_GET, bytes(5)), lambda s: s.config_get("passive")),
]


@pytest.mark.parametrize("number", range(len(STRANGE)))
def test_answers_that_are_not_what_we_expect(vault: Vault, number: int) -> None:
    request, said, call = STRANGE[number]
    running, puppet = session(vault, {})
    puppet.says[request] = [said]
    with pytest.raises(Mismatch) as told:
        call(running)
    assert told.value.device == "pty:puppet" and told.value.hint


def test_a_list_that_turns_in_a_circle_ends(vault: Vault) -> None:
    running, _ = session(vault, {n.R_LIST: [answer(n.R_LIST, b"\x00\x05"), answer(n.R_LIST, b"\x00\x05")]})
    with pytest.raises(Mismatch, match="does not go on"):
        running.keys()


def test_a_log_that_does_not_go_on_ends(vault: Vault) -> None:
    head = (0).to_bytes(4, "big") + (1).to_bytes(4, "big")
    page = answer(n.R_LOG, head + bytes(24))
    running, _ = session(vault, {n.R_LOG: [page, page]})
    assert [entry.seq for entry in running.log()] == [0, 0]


def test_a_record_answered_twice_is_no_second_answer(vault: Vault) -> None:
    running, puppet = session(vault, {})
    real, kept = puppet._answers, []

    def doubled(payload: bytes) -> list[bytes]:
        kept.append(real(payload)[0])
        return kept[-2:]

    puppet._answers = doubled  # type: ignore[method-assign]
    running.status()
    with pytest.raises((AuthFailed, Mismatch)):
        running.status()


def test_the_vault_knows_of_a_key_before_the_device_does(vault: Vault) -> None:
    seen: list[list[str]] = []
    running, puppet = session(vault, {n.R_ENROL: [answer(n.R_ENROL, code=n.C_FULL)]})
    real = puppet._answers

    def look(payload: bytes) -> list[bytes]:
        found = real(payload)
        if puppet.asked[-1] == n.R_ENROL:
            seen.append([key.state for key in vault.keys("NL-1")])
        return found

    puppet._answers = look  # type: ignore[method-assign]
    with pytest.raises(Refused) as told:
        running.enrol(n.KIND_PHONE, n.ROLE_OWNER, 1, "x")
    assert told.value.code == "full" and seen == [["pending"]]


def told_by_status(capacity: int, given: int) -> bytes:
    values = {field[0]: 0 for field in m.STATUS_ANSWER} | {"capacity": capacity, "next_handle": given}
    return answer(n.R_STATUS, record.pack(m.STATUS_ANSWER, values))


def test_a_full_car_says_how_many_it_holds(vault: Vault) -> None:
    running, puppet = session(vault, {})
    puppet.says = {n.R_STATUS: [told_by_status(2394, 2394)], n.R_ENROL: [answer(n.R_ENROL, code=n.C_FULL)]}
    with pytest.raises(Refused) as told:
        running.enrol(n.KIND_PHONE, n.ROLE_OWNER, 1, "x")
    assert told.value.code == "full" and told.value.data == {"keys": {"fit": 2394, "given": 2394, "left": 0}}
    assert "it has given all 2,394 keys, cards, passes and recovery codes" in told.value.message
    assert "device reset" in told.value.hint and "revoked ones count" in told.value.hint


def test_a_flash_that_is_full_for_another_reason_is_not_given_that_one(vault: Vault) -> None:
    running, puppet = session(vault, {})
    puppet.says = {n.R_STATUS: [told_by_status(2394, 3)], n.R_ENROL: [answer(n.R_ENROL, code=n.C_FULL)]}
    with pytest.raises(Refused, match="its store is full") as told:
        running.enrol(n.KIND_PHONE, n.ROLE_OWNER, 1, "x")
    assert told.value.code == "full"


def test_room_for_many_is_asked_for_before_the_first(vault: Vault) -> None:
    running, puppet = session(vault, {})
    puppet.says = {n.R_STATUS: [told_by_status(2394, 2388), told_by_status(2394, 2389)]}
    running.need_room(6)
    with pytest.raises(Refused, match="only 5 of the 2,394 keys") as told:
        running.need_room(6)
    assert told.value.code == "full"


def test_no_secret_in_what_fails(vault: Vault) -> None:
    running, _ = session(vault, {n.R_ENROL: [b"\x82"]})
    with pytest.raises(HostError) as told:
        running.enrol(n.KIND_PHONE, n.ROLE_OWNER, 1, "x")
    root = vault.keys("NL-1")[0].root
    for text in (str(told.value), repr(told.value), repr(vault.keys("NL-1")[0]), repr(vault.car())):
        assert root.hex() not in text and repr(root) not in text and repr(CAR.link_key) not in text


def test_a_refusal_among_many_leaves_the_session_in_step(vault: Vault) -> None:
    """A car refuses one of the blocks on their way; the next request is the one that it expects."""
    fault, good = answer(n.R_UPDATE_BLOCK, code=n.C_FAULT), answer(n.R_UPDATE_BLOCK)
    running, puppet = session(vault, {n.R_UPDATE_BLOCK: [good, fault, good, answer(n.R_UPDATE_BLOCK, code=n.C_FULL)]})
    blocks = ({"number": number, "data": b"x"} for number in range(9))
    done = 0
    with pytest.raises(Refused) as told:
        for _ in running.stream(n.R_UPDATE_BLOCK, m.UPDATE_BLOCK, blocks, 3):
            done += 1
    assert told.value.code == "device_fault" and done == 1, "the first refusal, and nothing behind it"
    assert puppet.asked.count(n.R_UPDATE_BLOCK) == 4, "no more are sent once one is refused"
    assert running.status().uptime == 0 and not running.over


def test_a_refusal_outside_of_the_seal_ends_the_session(vault: Vault) -> None:
    """Its reason is told, and nobody asks on in it: the car would call that a wrong key."""
    running, puppet = session(vault, {})
    puppet._answers = lambda payload: [bytes([n.F_REFUSAL, n.C_FAULT])]  # type: ignore[method-assign]
    with pytest.raises(Refused) as told:
        running.status()
    assert told.value.code == "device_fault" and running.over
