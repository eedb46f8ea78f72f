# SPDX-License-Identifier: MIT
"""Attack 21: updates of another signer, for another board, cut short, bent: refused, and the door opens all along."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from nightlatch import micropython
from nightlatch.errors import HostError, LinkLost, Mismatch
from nightlatch.update import bundle, keys, push
from nightlatch.update.build import store_layout
from nightlatch.wire import messages as m
from nightlatch.workshop.session import Session
from tests.kit.sample import parts
from tests.system.car_bench import Bench, play, until
from tests.system.test_update import good, send, settled, signer
from tests.vectors.update_make import BOARD, Published, image

OURS, THEIRS = Published("ours"), Published("theirs")
SIZE = 20000
LIMIT = 150.0
LAYOUT = store_layout(micropython.FIRMWARE)


def update(version: int = 0x00020000, board: str = BOARD, layout: int = LAYOUT, key: Published = OURS) -> bundle.Bundle:
    return bundle.sign(bundle.make(board, version, layout, image("attack", SIZE)), key)


def quiet(phase: str, done: int, total: int) -> None:
    """Nobody looks."""


def trust(session: Session) -> None:
    push.trust(session, keys.fingerprint(OURS.public()))


def test_what_is_not_ours_is_refused(tmp_path: Path, attack: Any) -> None:
    ours = update()
    bent = bytearray(ours.image)
    bent[777] ^= 1
    wrong = {
        "bad_signature": [
            update(key=THEIRS),
            bundle.Bundle(BOARD, 1, LAYOUT, ours.manifest, ours.image, ours.key, bytes(64)),
        ],
        "bad_hash": [bundle.Bundle(BOARD, 1, LAYOUT, ours.manifest, bytes(bent), ours.key, ours.signature)],
        "wrong_board": [update(board="RPI_PICO_W")],
        "bad_image": [update(layout=LAYOUT + 1)],
    }

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        await phone.opens()
        tries = taken = 0
        with pytest.raises(HostError) as untrusted:
            await bench.session(lambda session: push.push(session, ours, quiet))
        assert untrusted.value.code == "no_trust"
        await bench.session(trust)
        for code, ones in wrong.items():
            for one in ones:
                with pytest.raises(Mismatch) as refused:
                    await bench.session(partial(push.push, bundle=one, progress=quiet, fresh=True))
                assert (refused.value.code, refused.value.exit_code) == (code, 7)
                with pytest.raises(HostError):
                    await bench.session(push.start)
                tries += 1
                await phone.opens()
                now = await bench.session(push.status)
                taken += now.running != 0 or m.SLOT_READY in (now.a_state, now.b_state)
        await bench.restart()
        assert (await bench.session(push.status)).running == 0
        await (await bench.phone("after", phone.holder)).opens()
        attack(21, "updates of a wrong signer, board, hash or form", tries, taken, "opened before and after each")

    play(tmp_path, story, limit=LIMIT)


def test_an_older_one_is_refused(tmp_path: Path, attack: Any) -> None:
    """Once an update has proved itself no older one comes in, not even when the car has gone back to what it was."""

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        await bench.session(lambda session: push.trust(session, keys.fingerprint(signer().public())))
        with pytest.raises(Mismatch) as refused:
            await bench.session(partial(push.push, bundle=good("0.0.9"), progress=quiet))
        assert refused.value.code == "old_version", "it is older than the image"
        await send(bench, good("0.2.0"))
        await settled(bench, m.SLOT_CONFIRMED)
        tries = 1

        def again(starts: int) -> bool:
            return bench.car.starts > starts and bench.car.radio.advertising

        for state in ("confirmed", "restarted", "rolled back"):
            if state == "restarted":
                await bench.restart()
            elif state == "rolled back":
                starts = bench.car.starts
                await bench.session(push.roll_back)
                await until(partial(again, starts), 30)
            for fresh in (False, True):
                with pytest.raises(Mismatch) as refused:
                    await bench.session(partial(push.push, bundle=good("0.1.9"), progress=quiet, fresh=fresh))
                assert (refused.value.code, refused.value.exit_code) == ("old_version", 7), state
                tries += 1
            now = await bench.session(push.status)
            assert (now.running, now.floor) == (0 if state == "rolled back" else 1, 0x00020000)
            phone = await bench.phone(state, phone.holder)
            await phone.opens()
        attack(21, "updates older than what proved itself", tries, 0, "opened before and after each")

    play(tmp_path, story, limit=LIMIT)


def test_the_door_opens_while_an_update_comes_in_and_is_cut(tmp_path: Path, attack: Any) -> None:
    ours = update()
    blocks = len(ours.blocks())

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        await bench.session(trust)
        await phone.opens()
        opened = cuts = 0
        stop = False

        async def drive() -> None:
            nonlocal opened
            while not stop:
                await phone.opens()
                opened += 1
                await asyncio.sleep(0.5)  # an erase waits for the end of a pulse

        driver = asyncio.create_task(drive())
        for cut in range(blocks):

            def fails(phase: str, done: int, total: int, cut: int = cut) -> None:
                if phase == "sending" and done >= cut:
                    raise LinkLost("the cable came loose")

            with pytest.raises(LinkLost):
                await bench.session(partial(push.push, bundle=ours, progress=fails))
            with pytest.raises(HostError):
                await bench.session(push.start)  # half an update starts nothing
            cuts += 1
        resumed: list[int] = []

        def watch(phase: str, done: int, total: int) -> None:
            if phase == "sending":
                resumed.append(done)

        now = await bench.session(lambda session: push.push(session, ours, watch))
        assert now.phase == m.UPDATE_READY and resumed[0] >= blocks - 10, "it goes on where it stopped"
        stop = True
        await driver
        assert opened >= 1
        await phone.opens()
        attack(21, "an update cut short", cuts, 0, f"opened {opened} times while it came in and was judged")

    play(tmp_path, story, limit=LIMIT)


@pytest.mark.parametrize("part", parts(3))
def test_the_power_fails_at_every_block(tmp_path: Path, attack: Any, part: tuple[int, int]) -> None:
    """Each cut comes while blocks are on their way; the car starts with what it was, and the next push goes on."""
    ours = update()
    blocks = len(ours.blocks())

    async def story(bench: Bench) -> None:
        holder = bench.holder()
        await bench.session(trust)
        loop = asyncio.get_running_loop()
        seen: list[int] = []

        def kill_at(cut: int, phase: str, done: int, total: int) -> None:
            if phase == "sending":
                seen.append(done)
                if done >= cut:
                    asyncio.run_coroutine_threadsafe(bench.car.kill(), loop).result()
                    raise LinkLost("the power failed")

        first, stride = part
        cuts = range(first, blocks, stride)
        for cut in cuts:
            seen.clear()
            with pytest.raises(LinkLost):
                await bench.session(partial(push.push, bundle=ours, progress=partial(kill_at, cut)))
            assert seen[0] > cut - stride - 2, "what was there before is not sent again, but for the last one"
            await bench.car.boot()
            await until(lambda: bench.car.radio.advertising, 20)
            assert (await bench.session(push.status)).running == 0
            await (await bench.phone(f"cut {cut}", holder)).opens()
        now = await bench.session(partial(push.push, bundle=ours, progress=quiet))
        assert now.phase == m.UPDATE_READY
        attack(21, "the power fails while an update comes in", len(cuts), 0, "opened after each")

    play(tmp_path, story, limit=LIMIT)
