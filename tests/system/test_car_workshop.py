# SPDX-License-Identifier: MIT
"""The technician's day at a whole car: settings, the last owner, a restart by request, the log over restarts."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from nightlatch.device import types
from nightlatch.errors import AuthFailed, HostError, Refused
from nightlatch.vault.records import REVOKED, LogHead
from nightlatch.wire import messages as m
from nightlatch.wire import numbers as n
from nightlatch.wire import record
from nightlatch.workshop import logbook
from nightlatch.workshop.session import Session
from tests.system.car_bench import ADA, BEN, Bench, play, until


def refused(work: object, code: str) -> None:
    """Fails unless the car refuses with this word."""
    with pytest.raises(Refused) as caught:
        work()  # type: ignore[operator]
    assert caught.value.code == code


def test_settings(tmp_path: Path) -> None:
    """Each is kept over a restart; names and values that are none are refused, and change nothing."""
    settings = {"pulse_ms": 700, "passive": 1, "strict": 1, "drive_s": 6}

    async def story(bench: Bench) -> None:
        def change(session: Session) -> None:
            for name, value in settings.items():
                session.config_set(name, value)
            for name, value in (("pulse_ms", 49), ("pulse_ms", 2001), ("passive", 2), ("drive_s", 0xFFFFFFFF)):
                refused(lambda name=name, value=value: session.config_set(name, value), "bad_value")
            for name in ("pulse", "PULSE_MS", "x" * 24, "é"):
                refused(lambda name=name: session.config_get(name), "no_such_setting")
                refused(lambda name=name: session.config_set(name, 1), "no_such_setting")

        await bench.session(change)
        await bench.restart()
        kept = await bench.session(lambda session: {name: session.config_get(name) for name in settings})
        assert kept == settings

    play(tmp_path, story)


def test_the_last_owner_stays(tmp_path: Path) -> None:
    """Until there is another one; who was revoked stays so over a restart, and its handle is never used again."""

    async def story(bench: Bench) -> None:
        def work(session: Session) -> None:
            refused(lambda: session.revoke(ADA), "last_owner")
            refused(lambda: session.revoke(77), "no_such_key")
            eve = session.enrol(n.KIND_PHONE, n.ROLE_OWNER, types.RIGHTS_OF_ROLE[n.ROLE_OWNER], "Eve")
            session.revoke(ADA)
            session.revoke(ADA)
            refused(lambda: session.revoke(eve.handle), "last_owner")
            session.revoke(BEN)
            assert session.status().next_handle == eve.handle + 1

        ada = await bench.phone("Ada", bench.holder(ADA))
        await ada.opens()
        await bench.session(work)
        await bench.restart()
        keys = await bench.session(lambda session: session.keys())
        assert [key.state for key in keys] == [n.CRED_REVOKED, n.CRED_REVOKED, n.CRED_ACTIVE]
        assert {key.state for key in bench.vault.keys(bench.vault.car().serial)} == {"active", REVOKED}
        assert (await ada.act()).verdict == n.REVOKED
        await (await bench.phone("Eve", bench.holder(2))).opens()

        def again(session: Session) -> None:
            body = {"handle": ADA, "kind": 1, "role": 1, "rights": 1, "root": bytes(16), "label": ""}
            refused(lambda: session._ask(n.R_ENROL, m.ENROL, body), "handle_taken")

        await bench.session(again)

    play(tmp_path, story)


def test_a_restart_through_the_session(tmp_path: Path) -> None:
    """The answer leaves first, the outputs are off, and the log says who asked for it."""

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        await phone.opens()
        pid = bench.car.pid
        await bench.session(lambda session: session.reboot())
        await until(lambda: bench.car.pid != pid and bench.car.radio.advertising, 8.0)
        assert bench.car.starts == 2 and not any(bench.car.lock.levels.values())
        await phone.opens()
        log = await bench.session(lambda session: list(session.log()))
        assert n.EVENT_REBOOT in {entry.action for entry in log}

    play(tmp_path, story)


def entries(first: int, session: Session) -> list[types.LogEntry]:
    """The log from a sequence on."""
    return list(session.log(first))


def test_the_log_over_restarts(tmp_path: Path) -> None:
    """One chain from the claim on, whatever the power does; an export goes on where the last one ended."""

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        key = bench.vault.car().log_key
        head: LogHead | None = None
        for turn in range(4):
            for action in (n.UNLOCK, n.LOCK):
                assert (await phone.act(action)).ok
            if turn % 2:
                await asyncio.sleep(0.15)
            await bench.restart()
            first = 0 if head is None else head.seq + 1
            log = await bench.session(partial(entries, first))
            verdict = logbook.verify(log, key, head)
            assert verdict.ok and verdict.anchored and verdict.missing == 0 and verdict.first == first
            assert n.EVENT_BOOT in {entry.action for entry in log}
            head = LogHead(bench.vault.car().serial, verdict.last, verdict.chain)

    play(tmp_path, story)


def test_sessions_don_t_get_out_of_step(tmp_path: Path) -> None:
    """A copy of the vault is shut out by the next session; a cut one is caught up with; two at once don't mix."""

    async def story(bench: Bench) -> None:
        old = bench.vault.car()
        for _ in range(3):
            await bench.session(lambda session: session.status())
        current = bench.vault.car()
        assert current.link_epoch == old.link_epoch + 3

        def with_old(client: object) -> None:
            question = {"version": n.PROTOCOL, "epoch": old.link_epoch, "nonce": bytes(16)}
            frames = client._frames  # type: ignore[attr-defined]
            frames.ask(bytes([n.F_OPEN]) + record.pack(m.OPEN, question), n.F_OPEN)
            with pytest.raises(AuthFailed):
                sealed = record.pack(m.RECORD, {"counter": 0, "sealed": bytes(20)})
                frames.ask(bytes([n.F_RECORD]) + sealed, n.F_RECORD)

        await bench.cable(with_old)
        bench.car.cable.filter = lambda direction, data: None if direction == "out" else data
        with pytest.raises(HostError):
            await bench.cable(lambda client: client.session(bench.vault), timeout=0.2)
        bench.car.cable.filter = None
        for cut in range(1, 12):  # every answer of a session lost in turn, several sessions in a row
            left = [cut]

            def lossy(direction: str, data: bytes, left: list[int] = left) -> bytes | None:
                left[0] -= direction == "out"
                return None if direction == "out" and left[0] <= 0 else data

            bench.car.cable.filter = lossy
            try:
                await bench.cable(lambda client: status(client, bench), timeout=0.15)
            except HostError as error:
                assert not isinstance(error, AuthFailed), error
            bench.car.cable.filter = None
            if cut % 4 == 0:
                await bench.session(lambda session: session.status())
        await bench.session(lambda session: session.status())

    def status(client: object, bench: Bench) -> None:
        with client.session(bench.vault) as session:  # type: ignore[attr-defined]
            session.status()
            session.keys()

    play(tmp_path, story)


