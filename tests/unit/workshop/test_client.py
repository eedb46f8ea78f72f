# SPDX-License-Identifier: MIT
"""The typed client against the firmware's own channel on a pty: what gets lost on the way, and what comes of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nightlatch.errors import AuthFailed, HostError, LinkLost, NoAnswer, Refused
from nightlatch.phone.keys import next_key
from nightlatch.vault import KdfParams, Vault
from nightlatch.wire import numbers as n
from nightlatch.workshop import logbook
from tests.unit.workshop.device_bench import Bench, Lose, passes

OWNER = (n.KIND_PHONE, n.ROLE_OWNER, n.RIGHTS_KNOWN)
ANSWER = n.F_ANSWER


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


@pytest.fixture
def claimed(bench: Bench) -> Bench:
    bench.client.claim(bench.vault)
    return bench


def test_from_blank_to_a_log_that_verifies(bench: Bench) -> None:
    assert bench.client.hello().state == n.AGENT_BLANK
    car = bench.client.claim(bench.vault)
    assert car == bench.vault.car("serial") and car.state == "active" and len(car.agent_id) == 16
    assert bench.client.hello().state == n.AGENT_CLAIMED
    with bench.client.session(bench.vault) as session:
        key = session.enrol(*OWNER, "J\u00fcrgen's phone")
        assert (key.handle, key.state, len(key.root)) == (0, "active", 16)
        assert session.enrol(n.KIND_CARD, n.ROLE_GUEST, n.RIGHT_LOCK, "").handle == 1
        infos = [(info.handle, info.role, info.rights, info.state, info.label) for info in session.keys()]
        assert infos == [(0, 1, 255, 1, "J\u00fcrgen's phone"), (1, 3, 2, 1, "")]
        session.revoke(1)
        assert [key.state for key in bench.vault.keys("serial")] == ["active", "revoked"]
        session.config_set("passive", 1)
        assert session.config_get("passive") == 1
        assert session.status().next_handle == 2
    bench.boot()
    with bench.client.session(bench.vault) as session:
        entries = list(session.log())
        verdict = logbook.verify(entries, car.log_key)
        assert verdict.ok and verdict.anchored and verdict.missing == 0
        actions = [entry.action for entry in entries]
        assert actions == [33, 37, 37, 34, 34, 35, 36, 37]
        assert [entry.seq for entry in session.log(4)] == [4, 5, 6, 7]
        session.reboot()


def test_a_lost_answer_to_a_claim(bench: Bench) -> None:
    bench.wire.back = Lose(n.F_CLAIM | ANSWER)
    with pytest.raises(NoAnswer):
        bench.client.claim(bench.vault)
    assert bench.vault.car().state == "pending" and bench.client.hello().state == n.AGENT_CLAIMED
    before = bench.vault.car()
    bench.boot()
    assert bench.client.claim(bench.vault).state == "active"
    assert bench.vault.car().agent_id == before.agent_id
    with bench.client.session(bench.vault) as session:
        assert session.enrol(*OWNER, "x").handle == 0


def test_a_claim_whose_proof_session_was_lost(bench: Bench) -> None:
    bench.wire.to = Lose(n.F_OPEN)
    with pytest.raises(NoAnswer):
        bench.client.claim(bench.vault)
    assert bench.vault.car().state == "pending"
    assert bench.client.claim(bench.vault).state == "active"


def test_a_lost_claim(bench: Bench) -> None:
    bench.wire.to = Lose(n.F_CLAIM)
    with pytest.raises(NoAnswer):
        bench.client.claim(bench.vault)
    before = bench.vault.car()
    assert before.state == "pending" and bench.client.hello().state == n.AGENT_BLANK
    assert bench.client.claim(bench.vault).agent_id != before.agent_id
    with bench.client.session(bench.vault) as session:
        session.status()


def test_an_answer_to_a_claim_that_was_changed(bench: Bench) -> None:
    bench.wire.back = lambda payload: [payload[:-1] + b"x" if payload[0] == n.F_CLAIM | ANSWER else payload]
    with pytest.raises(AuthFailed):
        bench.client.claim(bench.vault)
    bench.wire.back = passes
    assert bench.client.claim(bench.vault).state == "active", "the session proves what the answer could not"


def test_a_closed_window(bench: Bench) -> None:
    bench.boot(uptime=61)
    with pytest.raises(Refused) as told:
        bench.client.claim(bench.vault)
    assert (told.value.code, told.value.exit_code) == ("window_closed", 1)
    bench.boot()
    assert bench.client.claim(bench.vault).state == "active"


def test_a_car_of_somebody_else(claimed: Bench, tmp_path: Path) -> None:
    other = Vault.create(tmp_path / "other.sqlite", b"a passphrase", KdfParams(1, 8, 1))
    with pytest.raises(Refused) as told:
        claimed.client.claim(other)
    assert told.value.code == "not_blank" and other.cars() == []
    with pytest.raises(HostError) as missing:
        claimed.client.session(other)
    assert missing.value.exit_code == 6
    with pytest.raises(Refused):
        claimed.client.claim(claimed.vault)


def test_a_blank_car_has_no_session(bench: Bench) -> None:
    with pytest.raises(Refused) as told:
        bench.client.session(bench.vault)
    assert told.value.code == "not_claimed"


def test_a_lost_answer_to_an_enrolment(claimed: Bench) -> None:
    with claimed.client.session(claimed.vault) as session, pytest.raises(LinkLost) as told:
        claimed.wire.back = Lose(n.F_RECORD | ANSWER, after=1)
        session.enrol(*OWNER, "mine")
    assert told.value.exit_code == 8
    claimed.wire.back = passes
    assert [key.state for key in claimed.vault.keys("serial")] == ["pending"]
    with claimed.client.session(claimed.vault) as session:
        settled = session.settle()
        assert [(key.handle, key.state, key.label) for key in settled] == [(0, "active", "mine")]
        assert [info.handle for info in session.keys()] == [0] and session.settle() == []
        assert session.enrol(*OWNER, "next").handle == 1
    assert [key.state for key in claimed.vault.keys("serial")] == ["active", "active"]


def test_a_lost_enrolment(claimed: Bench) -> None:
    with claimed.client.session(claimed.vault) as session, pytest.raises(LinkLost):
        claimed.wire.to = Lose(n.F_RECORD, after=1)
        session.enrol(*OWNER, "lost")
    claimed.wire.to = passes
    with claimed.client.session(claimed.vault) as session:
        key = session.enrol(*OWNER, "again")
    assert [(key.handle, key.label, key.state) for key in claimed.vault.keys("serial")] == [
        (0, "again", "active")
    ]
    assert key.handle == 0


def test_an_enrolment_in_doubt_that_was_revoked_meanwhile(claimed: Bench) -> None:
    copy = claimed.second_vault()
    with claimed.client.session(claimed.vault) as session:
        session.enrol(*OWNER, "first")
    with claimed.client.session(claimed.vault) as session, pytest.raises(LinkLost):
        claimed.wire.back = Lose(n.F_RECORD | ANSWER, after=1)
        session.enrol(*OWNER, "doubtful")
    claimed.wire.back = Lose(n.F_RECORD | ANSWER, after=1)
    with claimed.client.session(claimed.vault) as session, pytest.raises(LinkLost):
        session.revoke(1)
    claimed.wire.back = passes
    assert claimed.vault.key("serial", 1).state == "pending" and copy.keys("serial") == []
    with claimed.client.session(claimed.vault) as session:
        assert session.enrol(*OWNER, "third").handle == 2
    assert [key.state for key in claimed.vault.keys("serial")] == ["active", "revoked", "active"]


def test_a_handle_that_another_vault_filled_meanwhile(claimed: Bench) -> None:
    copy = claimed.second_vault()
    with claimed.client.session(claimed.vault) as session, pytest.raises(LinkLost):
        claimed.wire.to = Lose(n.F_RECORD, after=1)
        session.enrol(*OWNER, "never arrived")
    claimed.wire.to = passes
    car = claimed.vault.car()
    copy.update_link("serial", car.link_key, car.link_epoch)  # as if both were one registry
    with claimed.client.session(copy) as session:
        assert session.enrol(*OWNER, "theirs").handle == 0
    claimed.vault.update_link("serial", copy.car().link_key, copy.car().link_epoch)
    with claimed.client.session(claimed.vault) as session:
        assert session.enrol(*OWNER, "ours").handle == 1
        assert [info.label for info in session.keys()] == ["theirs", "ours"]
    assert [(key.handle, key.label) for key in claimed.vault.keys("serial")] == [(1, "ours")]


def test_the_link_key_steps_once_a_session(claimed: Bench) -> None:
    for _ in range(3):
        before = claimed.vault.car()
        with claimed.client.session(claimed.vault) as session:
            session.status()
            session.keys()
        after = claimed.vault.car()
        assert after.link_epoch == before.link_epoch + 1 and after.link_key == next_key(before.link_key)
    assert after.link_epoch == 4, "one of them was the claim's"


@pytest.mark.parametrize("way", ["to", "back"])
@pytest.mark.parametrize("frame", [n.F_OPEN, n.F_RECORD])
def test_a_session_that_does_not_come_about_steps_nothing(claimed: Bench, way: str, frame: int) -> None:
    before = claimed.vault.car()
    for _ in range(3):
        setattr(claimed.wire, way, Lose(frame | (ANSWER if way == "back" else 0)))
        with pytest.raises(HostError):
            claimed.client.session(claimed.vault)
        assert claimed.vault.car() == before
    claimed.wire.to = claimed.wire.back = passes
    claimed.boot()
    with claimed.client.session(claimed.vault) as session:
        session.status()
    assert claimed.vault.car().link_epoch == before.link_epoch + 1


def test_an_older_copy_of_the_vault(claimed: Bench) -> None:
    copy = claimed.second_vault()
    for _ in range(2):
        with claimed.client.session(claimed.vault) as session:
            session.status()
    with pytest.raises(AuthFailed) as told:
        claimed.client.session(copy)
    assert (told.value.code, told.value.exit_code) == ("link_key_refused", 6)
    with claimed.client.session(claimed.vault) as session:
        session.status()


def test_refusals_inside_a_session(claimed: Bench) -> None:
    with claimed.client.session(claimed.vault) as session:
        session.enrol(*OWNER, "x")
        cases = {
            "last_owner": lambda: session.revoke(0),
            "no_such_key": lambda: session.revoke(9),
            "no_such_setting": lambda: session.config_get("colour"),
            "bad_value": lambda: session.config_set("passive", 7),
        }
        for code, call in cases.items():
            with pytest.raises(Refused) as told:
                call()
            assert (told.value.code, told.value.exit_code, told.value.device) == (code, 1, "pty:bench")
        with pytest.raises(Refused) as told:
            session.enrol(n.KIND_PHONE, 9, 0, "no such role")
        assert told.value.code == "bad_value"
        assert session.status().next_handle == 1, "the session goes on after a refusal"


def test_garbage_on_the_line_is_survived(claimed: Bench) -> None:
    noise = bytes(range(1, 200))
    claimed.wire.to = lambda payload: [noise[:50], payload]
    with claimed.client.session(claimed.vault) as session:
        assert session.enrol(*OWNER, "x").handle == 0
