# SPDX-License-Identifier: MIT
"""The image that a Raspberry Pi Pico gets: from blank to an open door, and a reset in the middle of everything."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from nightlatch.card.reader import CarReader
from nightlatch.device import types
from nightlatch.errors import HostError
from nightlatch.link import open_link
from nightlatch.sim.cards.held import Ntag424
from nightlatch.wire import numbers as n
from nightlatch.workshop import logbook
from nightlatch.workshop.cards import Job, Workshop
from nightlatch.workshop.session import Session
from tests.attack.table import Report
from tests.system.pico_bench import BOARD, IMAGE, Pico, enrol, new_vault, phone, play, vault_of

# What the first test made, the others start from.
pytestmark = [pytest.mark.xdist_group("pico"), pytest.mark.machine_time]
some = pytest.mark.sample("pico", 1)  # each starts an emulator, which interprets every instruction
OUTPUTS = ("UNLOCK", "LOCK", "TRUNK", "DRIVE")
HEAP = 128 * 1024
DESK_MS = 2100  # after a technician's last word the reader is the car's again


@pytest.fixture(scope="module")
def claimed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with flash and vault of a Pico that is claimed and has Ada's phone as key 0."""
    folder = tmp_path_factory.mktemp("pico") / "claimed"

    async def story(pico: Pico) -> None:
        hello = await pico.cable(lambda client: client.hello())
        assert (hello.board, hello.state, hello.serial) == ("RPI_PICO", n.AGENT_BLANK, "e66058388b1234ab")
        vault = new_vault(folder)
        await pico.cable(lambda client: client.claim(vault))
        await pico.session(vault, enrol)
        status = await pico.session(vault, lambda session: session.status())
        print("free heap after a claim:", status.free_heap)
        assert status.free_heap > HEAP and status.reader == 1 and status.damage == 0 and status.boots == 1
        assert pico.resets == 0 and not pico.lock.edges

    play(folder, story)
    yield folder


@pytest.fixture
def folder(claimed: Path, tmp_path: Path) -> Path:
    """A copy of that folder."""
    return Path(shutil.copytree(claimed, tmp_path / "pico", ignore=shutil.ignore_patterns("*.sock")))


@some
def test_a_store_of_somebody_else_is_told_of_and_left_alone(tmp_path: Path) -> None:
    """What another program left in flash: no claim, no erase, and no watchdog that starts it over and over."""
    regions = json.loads((BOARD / "board.json").read_text())["nightlatch"]["regions"]
    offsets = {one["name"]: one["offset"] for one in regions}
    place = slice(offsets["store"], 2 << 20)
    foreign = Random(1).randbytes(place.stop - place.start)
    flash = bytearray(IMAGE.read_bytes().ljust(place.stop, b"\xff"))
    flash[place] = foreign
    head = b"\xff" * 8 + b"littlefs" + bytes(12) + (212).to_bytes(4, "little")  # of 212 blocks: up to the end
    flash[offsets["slot_a"] : offsets["slot_a"] + len(head)] = head
    tmp_path.joinpath("flash.img").write_bytes(flash)

    async def story(pico: Pico) -> None:
        assert (await pico.cable(lambda client: client.hello())).state == n.AGENT_FAULTY
        await pico.sleep(9000)
        assert (await pico.cable(lambda client: client.hello())).state == n.AGENT_FAULTY and pico.resets == 0

    play(tmp_path, story)
    assert (tmp_path / "flash.img").read_bytes()[place] == foreign


def test_a_phone_and_a_card_open_the_door(folder: Path) -> None:
    """Over the PN532 on its SPI pins; the timer of the chip ends each pulse to the millisecond."""
    vault, card = vault_of(folder), Ntag424()

    def issue(session: Session) -> None:
        shop = Workshop(vault, vault.car(), CarReader(session), lambda text: None, 60.0)
        shop.issue(session, Job(n.ROLE_DRIVER, types.RIGHTS_OF_ROLE[n.ROLE_DRIVER], "card"))

    async def story(pico: Pico) -> None:
        assert (await pico.tap(phone(vault))).ok
        await pico.until(lambda: len(pico.edges("UNLOCK")) == 2)
        (_, on), (level, off) = pico.edges("UNLOCK")
        assert level == 0 and 400 <= off - on < 402
        pico.reader.present(card)
        await pico.session(vault, issue)
        pico.reader.remove(card)
        card.state.random_id = True
        await pico.until(lambda: pico.reader.field.empty_looks > 2)
        await pico.sleep(DESK_MS)
        pico.reader.present(card)  # the doors are unlocked: a card locks them
        await pico.until(lambda: len(pico.edges("LOCK")) == 2)
        assert pico.lock.doors == "locked" and not pico.edges("TRUNK") and not pico.edges("DRIVE")
        log = await pico.session(vault, lambda session: list(session.log()))
        verdict = logbook.verify(log, vault.car().log_key)
        assert verdict.ok and verdict.missing == 0 and pico.resets == 0

    play(folder, story)


@some
@pytest.mark.parametrize("operations", [2, 5])
def test_a_reset_in_the_middle_of_a_claim(tmp_path: Path, operations: int) -> None:
    """Blank or claimed, never between: the same vault finishes what was begun."""

    async def story(pico: Pico) -> None:
        vault = new_vault(tmp_path)
        await pico.cable(lambda client: client.hello())
        pico.cut(operations)
        with pytest.raises(HostError):
            await pico.cable(lambda client: client.claim(vault))
        await pico.restarted(0)
        car = await pico.cable(lambda client: client.claim(vault))
        assert (await pico.session(vault, lambda session: session.status())).damage == 0
        assert vault.car().agent_id == car.agent_id

    play(tmp_path / "pico", story)


@some
@pytest.mark.parametrize("operations", [1, 2])
def test_a_reset_in_the_middle_of_an_enrolment(folder: Path, operations: int) -> None:
    """The new key is there or it is not, and vault and car agree; the old one opens."""
    vault = vault_of(folder)

    async def story(pico: Pico) -> None:
        def begun(session: Session) -> None:
            pico.cut(operations)
            enrol(session, n.ROLE_DRIVER, "Ben")

        await pico.cable(lambda client: client.hello())
        with pytest.raises(HostError):
            await pico.session(vault, begun)
        await pico.restarted(0)
        await pico.session(vault, lambda session: session.settle())
        held = {key.handle for key in await pico.session(vault, lambda session: session.keys())}
        assert {key.handle for key in vault.keys(vault.car().serial)} == held >= {0}
        assert (await pico.tap(phone(vault))).ok

    play(folder, story)


@some
@pytest.mark.parametrize("operations", [1, 2])
def test_a_reset_in_the_middle_of_a_tap(folder: Path, operations: int) -> None:
    """The phone's next tap opens, whichever side of the step the reset fell on."""
    vault = vault_of(folder)

    async def story(pico: Pico) -> None:
        await pico.cable(lambda client: client.hello())
        await pico.until(lambda: pico.reader.field.empty_looks > 2)
        holder = phone(vault)
        pico.cut(operations)
        tap = asyncio.create_task(pico.tap(holder))
        await pico.restarted(0)
        pico.reader.remove()
        await tap
        assert (await pico.tap(holder)).ok
        await pico.until(lambda: pico.edges("UNLOCK")[-1:] != [] and pico.edges("UNLOCK")[-1][0] == 0)

    play(folder, story)


@some
def test_a_reset_in_the_middle_of_a_pulse(folder: Path) -> None:
    """Every output is off from that instant on, and stays off until somebody shows a key."""
    vault = vault_of(folder)

    async def story(pico: Pico) -> None:
        holder = phone(vault)
        await pico.session(vault, lambda session: session.config_set("pulse_ms", 2000))
        tap = asyncio.create_task(pico.tap(holder))
        await pico.until(lambda: len(pico.edges("UNLOCK")) == 1)
        pico.reset()
        await pico.until(lambda: pico.resets == 1)
        assert pico.edges("UNLOCK")[-1][0] == 0 and not any(pico.lock.levels.values())
        pico.reader.remove()
        await tap
        await pico.restarted(0)
        await pico.until(lambda: pico.reader.field.empty_looks > 2)
        assert sum(len(pico.edges(role)) for role in OUTPUTS) == 2
        assert (await pico.tap(holder)).ok

    play(folder, story)


PROMPTS = {
    "interrupt": b"\x03\x03\r\n\x03",
    "raw prompt": b"\r\x01print(7 * 191)\x04",
    "raw paste": b"\r\x01\x05A\x01print(7 * 191)\x04",
    "friendly prompt": b"\x02\r\nprint(7 * 191)\r\n",
    "paste mode": b"\x05print(7 * 191)\r\n\x04",
    "soft reset": b"\x04\x04\r\n\x04",
    "all bytes": bytes(range(256)) * 8,
}
SEND_BREAK, SET_LINE_CODING, SET_CONTROL_LINES = 0x23, 0x20, 0x22
TOUCH = (1200).to_bytes(4, "little") + b"\x00\x00\x08"  # what sends many a board into its boot loader


@some
def test_a_thief_at_the_console_gets_no_prompt(folder: Path, attack: Report) -> None:
    """Nothing of it is answered or stops the agent: it never restarts, phone and workshop work throughout."""
    vault = vault_of(folder)

    async def story(pico: Pico) -> None:
        def send(data: bytes) -> bytes:
            with open_link(f"tcp:127.0.0.1:{pico.port}", 30.0) as link:
                link.write(data)
                heard = link.read(4096, 1.0)
                link.write(b"\0")
                return heard

        hello = await pico.cable(lambda client: client.hello())
        said = {}
        for name, data in PROMPTS.items():
            if heard := await asyncio.to_thread(send, data):
                said[name] = heard
            assert await pico.cable(lambda client: client.hello()) == hello
        for request, value, data in (
            (SEND_BREAK, 0xFFFF, b""),
            (SEND_BREAK, 0, b""),
            (SET_LINE_CODING, 0, TOUCH),
            (SET_CONTROL_LINES, 0, b""),
            (SET_CONTROL_LINES, 3, b""),
        ):
            pico.control(request, value, data)
            await pico.sleep(300)
        assert said == {} and pico.resets == 0 and {"taken": len(TOUCH)} in pico.told
        assert await pico.cable(lambda client: client.hello()) == hello
        assert (await pico.tap(phone(vault))).ok
        status = await pico.session(vault, lambda session: session.status())
        assert status.boots == 2  # one for the claim, one here
        attack(20, "a prompt on a Pico's console", len(PROMPTS) + 5, 0, "opened; the agent never stopped")

    play(folder, story)


def test_the_image_holds_no_prompt() -> None:
    """A debug image has all of these texts."""
    image = IMAGE.read_bytes()
    assert b"RPI_PICO" in image and b"agent/gate.py" in image
    for left_out in (b">>> ", b"raw REPL", b"paste mode"):
        assert left_out not in image, left_out
