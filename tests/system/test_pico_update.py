# SPDX-License-Identifier: MIT
"""Updates of a Raspberry Pi Pico: sent over its cable, run in place from its flash, and a way back from each.

What takes long is interpreted by an emulator. So of an update that works a plain run sends a part of its blocks, drawn
by its seed, and lays the others into flash, as a push would find them that goes on; those that don't work hold no more
of an agent than that takes. `make soak` sends a whole one.
"""

import asyncio
import shutil
from pathlib import Path
from random import Random

import pytest
import wiring
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from nightlatch.errors import HostError
from nightlatch.micropython import FIRMWARE
from nightlatch.update import bundle, keys, push
from nightlatch.update.build import build
from nightlatch.wire import messages as m
from nightlatch.wire import numbers as n
from nightlatch.wire.bundle import BLOCK
from nightlatch.workshop.session import Session
from tests.kit.sample import seed
from tests.system.pico_bench import BOARD, Pico, enrol, new_vault, phone, play, vault_of

# What the first test made, the others start from.
pytestmark = [pytest.mark.xdist_group("pico-update"), pytest.mark.machine_time]
some = pytest.mark.sample("pico-update", 1)
OLD, NEW, NEXT = "0.1.0", "0.2.0", "0.3.0"
NUMBER = 0x00020000  # of NEW
HEAP = 96 * 1024
ADA, BEN = 0, 1
SENT, SOME = 20, 30  # blocks that are sent until a reset, and so many of the others
STEPS = ("erasing", "sending", "checking")
# of a slot's header sector, firmware/slots/slot.py
TRIES = (256 + 16, 256 + 32, 256 + 48)
PAIRS_AT, PAIR = 512, 8


def header(folder: Path, slot: str) -> bytes:
    """A slot's first sector, as it is in flash now."""
    offset, _ = wiring.wiring(BOARD, BOARD.name)["regions"][slot]
    with (folder / "flash.img").open("rb") as file:
        file.seek(offset)
        return file.read(4096)


def tries(folder: Path) -> int:
    """Trials of slot A that were begun."""
    return sum(header(folder, "slot_a")[at] == 0 for at in TRIES)


def crashes(folder: Path) -> list[bool]:
    """For each run of slot A that ended badly whether it is forgiven."""
    data = header(folder, "slot_a")
    pairs = [data[at : at + 2 * PAIR] for at in range(PAIRS_AT, len(data), 2 * PAIR)]
    return [pair[PAIR:] == bytes(PAIR) for pair in pairs if pair[:PAIR] == bytes(PAIR)]


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> keys.FileSigner:
    """The workshop's key."""
    file = tmp_path_factory.mktemp("signer") / "key.pem"
    form, code = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    key = ec.generate_private_key(ec.SECP256R1())
    file.write_bytes(key.private_bytes(code, form, serialization.NoEncryption()))
    return keys.FileSigner(file)


def broken(folder: Path, signer: keys.FileSigner, load: str) -> bundle.Bundle:
    """An update with no more of an agent than the first module that start.py loads, which does this."""
    for name in ("agent/__init__.py", "agent/version.py", "agent/store/ring/marks.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(FIRMWARE / name, folder / name)
    (folder / "agent" / "order.py").write_text(f"import machine\nimport time\n\n\ndef load(updates):\n    {load}\n")
    return bundle.sign(build("RPI_PICO", NEXT, folder), signer)


def quiet(phase: str, done: int, total: int) -> None:
    """Nobody looks."""


def keys_of(session: Session) -> list[tuple[int, int, int, str]]:
    return [(key.handle, key.rights, key.state, key.label) for key in session.keys()]


async def firmware(pico: Pico) -> str:
    return await pico.cable(lambda client: client.hello().firmware)


async def settled(pico: Pico, folder: Path, slot: str, state: int) -> push.UpdateStatus:
    """Waits until a slot is in that state."""
    for _ in range(20):
        now = await pico.session(vault_of(folder), push.status)
        if getattr(now, slot) == state:
            return now
        await pico.sleep(1000)
    raise AssertionError(now)


async def events(pico: Pico, folder: Path) -> list[int]:
    entries = await pico.session(vault_of(folder), lambda session: list(session.log()))
    return [entry.action for entry in entries]


async def interrupted(pico: Pico, folder: Path, update: bundle.Bundle, phase: str, at: int, cut: int) -> None:
    """A push; so many operations of the flash after a phase got so far, the chip is reset."""

    def work(session: Session) -> None:
        due = True

        def progress(now: str, done: int, total: int) -> None:
            nonlocal due
            if due and (STEPS.index(now), done) >= (STEPS.index(phase), at):
                due = False
                pico.cut(cut)

        push.push(session, update, progress)

    before = pico.resets
    with pytest.raises(HostError):
        await pico.session(vault_of(folder), work)
    await pico.restarted(before)


def lay(folder: Path, update: bundle.Bundle) -> int:
    """All blocks that were not sent, but for some, into the flash of a Pico that is off; how many are left to send."""
    blocks = update.blocks()
    left = {*Random(seed()).sample(range(2 * SENT, len(blocks)), SOME), len(blocks) - 1}
    offset, _ = wiring.wiring(BOARD, BOARD.name)["regions"]["slot_a"]
    with (folder / "flash.img").open("r+b") as file:
        for number in range(2 * SENT, len(blocks)):
            if number not in left:
                file.seek(offset + 4096 + number * BLOCK)
                file.write(blocks[number])
    return len(left)


def bring(folder: Path, signer: keys.FileSigner, whole: bool) -> None:
    """Makes a Pico with two phones, which runs an update, confirmed, in slot A.

    On its way there it is reset while the slot is erased, in the middle of a block, and when the trial begins.
    """
    update = bundle.sign(build("RPI_PICO", NEW), signer)
    count = len(update.blocks())

    async def story(pico: Pico) -> None:
        vault = new_vault(folder)
        await pico.cable(lambda client: client.claim(vault))
        await pico.session(vault, enrol)
        await pico.session(vault, lambda session: enrol(session, n.ROLE_DRIVER, "Ben"))
        await pico.session(vault, lambda session: push.trust(session, keys.fingerprint(signer.public())))
        held = await pico.session(vault, keys_of)
        ada = phone(vault, ADA)
        await interrupted(pico, folder, update, "erasing", 0, 10)
        await interrupted(pico, folder, update, "sending", SENT, 2)
        there = SENT
        if not whole:
            await pico.power_off()
            there += count - 2 * SENT - lay(folder, update)
            await pico.power_on()
        steps: list[tuple[str, int]] = []

        def rest(session: Session) -> None:
            ready = push.push(session, update, lambda phase, done, total: steps.append((phase, done)))
            assert (ready.phase, ready.a_state) == (m.UPDATE_READY, m.SLOT_READY)

        _, tap = await asyncio.gather(pico.session(vault, rest), pico.tap(ada))
        assert tap.ok, "the door opens while an update comes in"
        assert steps[0][0] == "sending" and steps[0][1] > there - 10, "it goes on where it stopped"
        frozen = await pico.session(vault, lambda session: session.status())
        before = pico.resets
        await pico.session(vault, push.start)
        await pico.until(lambda: tries(folder) == 1)
        pico.reset()
        await pico.restarted(before + 1)
        assert await firmware(pico) == NEW and tries(folder) == 2
        assert (await pico.tap(ada)).ok
        now = await settled(pico, folder, "a_state", m.SLOT_CONFIRMED)
        assert (now.running, now.trial, now.a, now.floor) == (1, 0, NUMBER, NUMBER)
        status = await pico.session(vault, lambda session: session.status())
        print("free heap, agent of the image:", frozen.free_heap, "from a slot:", status.free_heap)
        assert status.free_heap > HEAP and status.damage == 0
        assert await pico.session(vault, keys_of) == held
        assert {n.EVENT_UPDATE, n.EVENT_CONFIRMED} <= set(await events(pico, folder))
        assert (await pico.tap(ada)).ok and pico.resets == before + 2

    play(folder, story, 600.0)


@pytest.fixture(scope="module")
def updated(tmp_path_factory: pytest.TempPathFactory, signer: keys.FileSigner) -> Path:
    """The folder with flash and vault of such a Pico."""
    folder = tmp_path_factory.mktemp("pico") / "updated"
    bring(folder, signer, False)
    return folder


@pytest.mark.soak
def test_a_whole_update_is_sent(tmp_path: Path, signer: keys.FileSigner) -> None:
    bring(tmp_path / "pico", signer, True)


@pytest.fixture
def folder(updated: Path, tmp_path: Path) -> Path:
    """A copy of that folder."""
    return Path(shutil.copytree(updated, tmp_path / "pico", ignore=shutil.ignore_patterns("*.sock")))


@some
def test_an_update_runs_after_the_power_was_away(folder: Path) -> None:
    """It is chosen again, without a trial; the keys open."""

    async def story(pico: Pico) -> None:
        assert await firmware(pico) == NEW
        assert (await pico.tap(phone(vault_of(folder), BEN))).ok
        now = await pico.session(vault_of(folder), push.status)
        assert (now.running, now.trial, now.a_state, now.b_state) == (1, 0, m.SLOT_CONFIRMED, m.SLOT_EMPTY)
        assert tries(folder) == 2 and crashes(folder) == [] and pico.resets == 0

    play(folder, story)


WAYS = {
    "fails": "raise OSError",
    "hangs": "time.sleep(3600)",
    "ends": "raise SystemExit",
    "waits": "while True:\n        time.sleep(1), machine.WDT(timeout=8000).feed()",
}
SOAK = ("ends", "waits")


@some
@pytest.mark.parametrize("way", [pytest.param(way, marks=[pytest.mark.soak] * (way in SOAK)) for way in WAYS])
def test_one_that_does_not_work_goes_by_itself(folder: Path, tmp_path: Path, signer: keys.FileSigner, way: str) -> None:
    """One start of it, and the one before runs again; the log tells."""
    update = broken(tmp_path / "firmware", signer, WAYS[way])

    async def story(pico: Pico) -> None:
        def work(session: Session) -> None:
            assert push.push(session, update, quiet).b_state == m.SLOT_READY
            push.start(session)

        await pico.session(vault_of(folder), work)
        await pico.until(lambda: pico.resets > 1, 300)  # the start of the trial is the first reset, its end the second
        assert await firmware(pico) == NEW and pico.resets == 2
        now = await settled(pico, folder, "b_state", m.SLOT_BAD)
        assert (now.running, now.a_state, now.floor) == (1, m.SLOT_CONFIRMED, NUMBER)
        assert n.EVENT_FALLBACK in await events(pico, folder) and crashes(folder) == []
        assert (await pico.tap(phone(vault_of(folder), BEN))).ok

    play(folder, story)


@some
def test_a_hang_counts_until_it_is_forgiven_and_a_restart_does_not(folder: Path) -> None:
    async def story(pico: Pico) -> None:
        await firmware(pico)
        pico.hang()
        await pico.restarted(0)
        assert await firmware(pico) == NEW and crashes(folder) == [False]
        await pico.until(lambda: crashes(folder) == [True])  # five seconds later it works
        for resets in (1, 2):
            await pico.session(vault_of(folder), lambda session: session.reboot())
            await pico.restarted(resets)
        assert await firmware(pico) == NEW and crashes(folder) == [True]

    play(folder, story)


@pytest.mark.soak
def test_a_confirmed_update_that_keeps_hanging_gives_way_to_the_image(folder: Path) -> None:
    async def story(pico: Pico) -> None:
        for resets in range(3):
            assert await firmware(pico) == NEW and crashes(folder) == [False] * resets
            pico.hang()
            await pico.restarted(resets)
        assert await firmware(pico) == OLD
        now = await pico.session(vault_of(folder), push.status)
        assert (now.running, now.a_state, now.floor) == (0, m.SLOT_BAD, NUMBER)
        assert (await pico.tap(phone(vault_of(folder), BEN))).ok

    play(folder, story)
