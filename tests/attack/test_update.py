# SPDX-License-Identifier: MIT
"""Attack 21: updates of another signer, for another board, cut short, bent: refused, and the door opens all along."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from nightlatch.device.client import Client
from nightlatch.device.requests import Session
from nightlatch.errors import HostError, LinkLost, Mismatch
from nightlatch.update import bundle, keys, push
from nightlatch.wire import messages as m
from tests.system.car_bench import Bench, play
from tests.vectors.update_make import BOARD, LAYOUT, Published, image

OURS, THEIRS = Published("ours"), Published("theirs")
SIZE = 20000
LIMIT = 150.0


def update(version: int = 0x00020000, board: str = BOARD, layout: int = LAYOUT, key: Published = OURS) -> bundle.Bundle:
    return bundle.sign(bundle.make(board, version, layout, image("attack", SIZE)), key)


def quiet(phase: str, done: int, total: int) -> None:
    """Nobody looks."""


def trust(session: Session) -> None:
    push.trust(session, keys.fingerprint(OURS.public()))


def test_what_is_not_ours_is_refused(tmp_path: Path, attack: Any) -> None:
    good = update()
    bent = bytearray(good.image)
    bent[777] ^= 1
    wrong = {
        "bad_signature": [
            update(key=THEIRS),
            bundle.Bundle(BOARD, 1, LAYOUT, good.manifest, good.image, good.key, bytes(64)),
        ],
        "bad_hash": [bundle.Bundle(BOARD, 1, LAYOUT, good.manifest, bytes(bent), good.key, good.signature)],
        "wrong_board": [update(board="RPI_PICO_W")],
        "bad_image": [update(layout=LAYOUT + 1)],
    }

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        await phone.opens()
        tries = taken = 0
        with pytest.raises(HostError) as untrusted:
            await bench.session(lambda session: push.push(session, good, quiet))
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


def test_the_door_opens_while_an_update_comes_in_and_is_cut(tmp_path: Path, attack: Any) -> None:
    good = update()
    blocks = len(good.blocks())

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
        for cut in (0, 1, blocks // 2, blocks - 1):

            def fails(phase: str, done: int, total: int, cut: int = cut) -> None:
                if phase == "sending" and done >= cut:
                    raise LinkLost("the cable came loose")

            with pytest.raises(LinkLost):
                await bench.session(partial(push.push, bundle=good, progress=fails))
            with pytest.raises(HostError):
                await bench.session(push.start)  # half an update starts nothing
            cuts += 1
        resumed: list[int] = []

        def watch(phase: str, done: int, total: int) -> None:
            if phase == "sending":
                resumed.append(done)

        now = await bench.session(lambda session: push.push(session, good, watch))
        assert now.phase == m.UPDATE_READY and resumed[0] >= blocks - 10, "it goes on where it stopped"
        stop = True
        await driver
        assert opened >= 1
        await phone.opens()
        attack(21, "an update cut short", cuts, 0, f"opened {opened} times while it came in and was judged")

    play(tmp_path, story, limit=LIMIT)


def test_the_wire_costs_five_per_cent(tmp_path: Path) -> None:
    good = update()
    sent = 0

    async def story(bench: Bench) -> None:
        await bench.session(trust)

        def work(client: Client) -> None:
            nonlocal sent
            with client.session(bench.vault) as session:
                link = client._frames.link
                plain = link.write

                def counted(data: bytes) -> None:
                    nonlocal sent
                    sent += len(data)
                    plain(data)

                link.write = counted  # type: ignore[method-assign]
                push.push(session, good, quiet)

        await bench.cable(work)

    play(tmp_path, story, limit=LIMIT)
    assert len(good.body) < sent < 1.09 * len(good.body), "blocks, and the questions how far it is"
