# SPDX-License-Identifier: MIT
"""The doctor: which single loss strands whom, and what the log's refusals mean."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from nightlatch.device.doctor import READER_GONE, READER_OK, Facts, Report, examine
from nightlatch.device.types import RIGHTS_OF_ROLE, CarTime, KeyInfo, LogEntry, Status
from nightlatch.wire import numbers as n

STATUS = Status(100, 1, 3, 500, 0, 10, n.DOORS_LOCKED, READER_OK, 1, 50000, 100, 0, 0, 0, 0, 0, 0, n.LIGHT_WELL)
TIME = CarTime(1_800_000_000, 1_800_000_000, True, 100)


def key(handle: int, kind: int, role: int = n.ROLE_OWNER, state: int = n.CRED_ACTIVE) -> KeyInfo:
    return KeyInfo(handle, kind, role, RIGHTS_OF_ROLE[role], state, 0, f"key {handle}")


def report(*keys: KeyInfo, status: Status = STATUS, time: CarTime = TIME, log: tuple[LogEntry, ...] = ()) -> Report:
    return examine(Facts(status, time, keys, log))


def entry(seq: int, action: int, handle: int, verdict: int) -> LogEntry:
    return LogEntry(seq, 5, n.LINK_BLE, action, handle, verdict, 0, 0, b"", b"")


def stranding(found: Report) -> set[str]:
    return {loss.what for loss in found.losses if loss.strands}


CODE = key(9, n.KIND_RECOVERY, n.ROLE_GUEST)


def test_one_phone_is_one_loss_away() -> None:
    found = report(key(0, n.KIND_PHONE), CODE)
    assert stranding(found) == {"the phone of “key 0”, owner phone 0"} and not found.healthy
    assert "recovery codes" in next(loss.effect for loss in found.losses if loss.strands)
    assert not report(key(0, n.KIND_PHONE), key(1, n.KIND_PHONE)).healthy, "no recovery code"


def test_phone_and_card_survive_any_loss() -> None:
    found = report(key(0, n.KIND_PHONE), key(1, n.KIND_CARD), CODE)
    assert stranding(found) == set() and found.healthy
    reader = next(loss for loss in found.losses if loss.what == "the NFC reader")
    assert reader.stops == (1,) and reader.left == (0,)


def test_cards_alone_hang_on_the_reader() -> None:
    found = report(key(0, n.KIND_CARD), key(1, n.KIND_CARD), CODE)
    assert stranding(found) == {"the NFC reader"}


def test_a_reader_that_is_gone_already_makes_the_radio_matter() -> None:
    found = report(key(0, n.KIND_PHONE), key(1, n.KIND_CARD), CODE, status=replace(STATUS, reader=READER_GONE))
    assert stranding(found) == {"the radio", "the phone of “key 0”, owner phone 0"}
    assert any(finding.bad and "reader" in finding.what for finding in found.findings)


def test_a_reader_that_comes_and_goes_is_told() -> None:
    log = (entry(4, n.EVENT_READER, n.HANDLE_NONE, n.FAULT), entry(5, n.EVENT_READER, n.HANDLE_NONE, n.OK))
    found = report(key(0, n.KIND_PHONE), CODE, status=replace(STATUS, reader_faults=7), log=log)
    texts = "\n".join(finding.what for finding in found.findings)
    assert "reset 7 times" in texts and "gone 1 times (last in log entry 4)" in texts


def test_a_crash_loop_and_a_job_that_hung_are_told() -> None:
    """The first is bad; the second was put right by the agent itself. One crash is none."""
    log = (entry(4, n.EVENT_HUNG, n.HANDLE_NONE, n.FAULT), entry(6, n.EVENT_HUNG, n.HANDLE_NONE, n.FAULT))
    found = report(key(0, n.KIND_PHONE), key(1, n.KIND_CARD), CODE, status=replace(STATUS, crashes=3), log=log)
    assert not found.healthy
    told = {finding.what: finding.bad for finding in found.findings}
    assert [bad for what, bad in told.items() if "restarted 3 times" in what] == [True]
    assert [bad for what, bad in told.items() if "hung" in what and "2 entries" in what] == [False]
    assert report(key(0, n.KIND_PHONE), key(1, n.KIND_CARD), CODE, status=replace(STATUS, crashes=2)).healthy


def test_a_radio_that_is_gone_is_told_and_counts_as_lost() -> None:
    found = report(key(0, n.KIND_PHONE), key(1, n.KIND_CARD), CODE, status=replace(STATUS, radio=2))
    assert any(finding.bad and "radio" in finding.what for finding in found.findings)


def test_few_keys_left_are_told_with_their_number() -> None:
    """Before it is urgent; what was revoked counts, since no number is given twice."""
    pair = key(0, n.KIND_PHONE), key(1, n.KIND_CARD), CODE
    assert report(*pair, status=replace(STATUS, capacity=2394, next_handle=2344)).healthy
    for count, words in ((2345, "49 more keys"), (2394, "no more key fits"), (2400, "no more key fits")):
        found = report(*pair, status=replace(STATUS, capacity=2394, next_handle=count))
        (told,) = [finding for finding in found.findings if words in finding.what]
        assert told.bad and f"{count:,} of 2,394 were given" in told.what and "device reset" in told.todo


def test_a_pass_that_found_no_number_is_not_helped_by_ending_old_ones() -> None:
    log = (entry(1, n.INTRODUCE, 0, n.FULL),)
    for count, todo in ((3, "pass revoke"), (500, "device reset")):
        found = report(key(0, n.KIND_PHONE), CODE, status=replace(STATUS, next_handle=count), log=log)
        (told,) = [finding for finding in found.findings if "refused" in finding.what]
        assert todo in told.todo


def test_a_sentence_names_some_of_many_keys() -> None:
    """What stops and what is left holds all of them all the same."""
    for many in (9, 10, 2000):
        found = report(*(key(handle, n.KIND_PHONE) for handle in range(many)), key(9999, n.KIND_RECOVERY))
        loss = found.losses[0]
        assert len(loss.left) == many - 1 and (f"{many - 9:,} others" in loss.effect) == (many > 10)
        assert len(loss.effect) < 400 and loss.effect.endswith("still can")


def test_dead_keys_are_no_way_in() -> None:
    dead = [key(1, n.KIND_PHONE, state=n.CRED_REVOKED), key(2, n.KIND_CARD, state=n.CRED_SUSPENDED)]
    assert "the phone of “key 0”, owner phone 0" in stranding(report(key(0, n.KIND_PHONE), *dead, CODE))


def test_the_clock_strands_guests_at_most() -> None:
    found = report(key(0, n.KIND_PHONE), key(3, n.KIND_PASS, n.ROLE_GUEST), CODE, time=replace(TIME, trusted=False))
    clock = next(loss for loss in found.losses if loss.what.startswith("the clock"))
    assert clock.stops == (3,) and clock.left == (0,) and not clock.strands
    assert any(finding.bad and "time" in finding.what for finding in found.findings)


def test_refusals_are_explained() -> None:
    log = (entry(0, n.UNLOCK, 0, n.OK), entry(1, n.REPORT, 0, n.STALE), entry(2, n.UNLOCK, 3, n.USED_UP))
    more = (entry(3, n.UNLOCK, 3, n.USED_UP), entry(4, n.RECOVER, 9, n.OK), entry(5, n.UNLOCK, 0, n.SUSPECT))
    found = report(key(0, n.KIND_PHONE), key(3, n.KIND_PASS, n.ROLE_GUEST), CODE, log=(*log, *more))
    texts = "\n".join(finding.what for finding in found.findings)
    assert "stale" in texts and "no use left (2×, last in entry 3)" in texts and "recovery code 9 was used" in texts
    assert "second copy seen" in texts
    assert all(finding.todo for finding in found.findings)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 6), st.integers(0, 7)), max_size=12))
def test_any_keys_get_a_report(keys: list[tuple[int, int, int]]) -> None:
    made = [KeyInfo(at, kind, role, n.RIGHT_UNLOCK, state, 0, "") for at, (kind, role, state) in enumerate(keys)]
    found = report(*made)
    for loss in found.losses:
        assert not set(loss.stops) & set(loss.left)
        assert not loss.strands or not loss.left
