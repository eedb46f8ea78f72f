# SPDX-License-Identifier: MIT
"""Replay on the air: every frame that was recorded, in every later state of the car, on both links, across restarts."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from nightlatch.errors import AuthFailed
from nightlatch.phone.holder import Holder
from nightlatch.sim.car.car import Car
from nightlatch.sim.story.replay import ReplayCard, replay_ble
from nightlatch.sim.story.tape import Tape
from nightlatch.vault import Vault
from nightlatch.wire import numbers as n
from tests.attack.table import Report
from tests.system import car_bench
from tests.system.ble_bench import Raw
from tests.system.car_bench import ADA, BEN, Bench, play


async def replay(bench: Bench, frames: list[bytes], tokens: list[bytes]) -> tuple[int, int]:
    """Everything that was recorded, against the car as it is: (tries, outputs that moved)."""
    before = bench.moves
    tries = await replay_ble(bench.car, frames)
    for token in tokens:
        await bench.car.reader.tap(ReplayCard(token), 3.0)
        tries += 1
    return tries, bench.moves - before


def test_replay_in_every_later_state(tmp_path: Path, attack: Report) -> None:
    """After more use, after a restart, after an answer that was lost, after the key was revoked."""

    async def story(bench: Bench) -> None:
        tape = Tape(bench.car)
        tries = opened = 0

        async def again(tokens: list[bytes]) -> None:
            nonlocal tries, opened
            more, moved = await replay(bench, frames, tokens)
            tries, opened = tries + more, opened + moved

        ada, ben = await bench.phone("Ada", bench.holder(ADA)), await bench.phone("Ben", bench.holder(BEN))
        for action in (n.UNLOCK, n.LOCK):
            assert (await ben.act(action)).ok
        assert (await bench.tap(ben.holder)).ok
        frames = tape.ble_frames()
        await again(tape.tokens())
        await bench.restart()
        await again(tape.tokens()[-1:])
        bench.car.radio.drop_answers = 1
        lost = await ben.ble.transact(lambda nonce: ben.holder.token(nonce, n.UNLOCK), 0.4)
        assert lost is None
        frames = tape.ble_frames()[-3:]
        await again(tape.tokens()[-1:])  # the car waits for a retry now
        moves = bench.moves
        told = await ben.act()
        assert told.ok and told.retry and bench.moves == moves, "that it had opened"
        await ben.opens()
        await bench.session(lambda session: session.revoke(BEN))
        await again(tape.tokens()[:1])
        assert (await ben.act()).verdict == n.REVOKED
        await ada.opens()
        attack(1, "all frames, both links, restarts", tries, opened, "opened; after revocation told so")

    play(tmp_path, story)


def test_a_captured_code_is_dead_after_five_seconds(tmp_path: Path, attack: Report) -> None:
    """The radio drops a token and keeps it: delivered on its own link after the next push, and after five seconds."""

    async def story(bench: Bench) -> None:
        ben = await bench.phone("Ben")
        await ben.opens()
        thief = Raw(await bench.car.radio.central("thief"))
        await thief.connect(bench.car.radio)
        await car_bench.until(lambda: bool(thief.pushed))
        copy = Holder(ben.holder.state)
        kept = [copy.token(thief.pushed[-1], n.UNLOCK)]
        kept.append(copy.token(await thief.read(n.UUID_CHALLENGE), n.UNLOCK))
        before = bench.moves
        pushes = len(thief.pushed)
        await thief.write(kept[0])  # a newer challenge was drawn: dead at once
        await car_bench.until(lambda: len(thief.answers) == 1)
        await asyncio.sleep(n.CHALLENGE_MS / 1000 + 0.1)
        assert len(thief.pushed) > pushes, "the car did not push another challenge"
        await thief.write(kept[1])
        await car_bench.until(lambda: len(thief.answers) == 2)
        opened = bench.moves - before
        await ben.opens()
        attack(2, "RollJam on the air", len(kept), opened, "the next act opened")

    play(tmp_path, story)


def test_crossed_cars(tmp_path: Path, attack: Report) -> None:
    """Two cars, the same handles: keys, recordings, challenges and link keys of one say nothing at the other."""

    async def story(mine: Bench) -> None:
        await car_bench.template()
        async with Car(tmp_path / "other") as car:
            vault = Vault.create(tmp_path / "other" / "vault.sqlite", car_bench.PASSPHRASE, car_bench.KDF)
            other = Bench(car, vault)
            await other.cable(lambda client: car_bench.claim(client, vault))
            await crossed(mine, other)

    async def crossed(mine: Bench, other: Bench) -> None:
        tape = Tape(mine.car)
        ben = await mine.phone("Ben")
        await ben.opens()
        before = other.moves
        tries = await replay_ble(other.car, tape.ble_frames())
        theirs = other.vault.car()
        state = ben.holder.state
        mixed = [
            Holder(state),
            Holder(replace(state, veil=theirs.veil)),
            Holder(replace(state, veil=theirs.veil, agent_id=theirs.agent_id)),
            car_bench.holder_of(mine.vault, mine.vault.key(mine.vault.car().serial, ADA)),
        ]
        visitor = Raw(await other.car.radio.central("visitor"))
        await visitor.connect(other.car.radio)
        for holder in mixed:
            answers = len(visitor.answers)
            token = holder.token(await visitor.read(n.UUID_CHALLENGE), n.UNLOCK)
            await visitor.write(token)
            await car_bench.until(lambda count=answers: len(visitor.answers) > count)  # type: ignore[misc]
            assert holder.answer(visitor.answers[-1]).verdict is None
            result = await other.tap(holder, limit=3.0)
            assert result.verdict is None
            tries += 2
        tries += 1
        swapped = replace(mine.vault.car(), serial=theirs.serial)
        mine.vault.add_car(swapped)
        with pytest.raises(AuthFailed):
            await other.cable(lambda client: client.session(mine.vault))
        opened = other.moves - before
        native = await other.phone("native", other.holder())
        await native.opens()
        await ben.opens()
        attack(28, "two cars, everything crossed", tries, opened, "each opened its own car")

    play(tmp_path, story)
