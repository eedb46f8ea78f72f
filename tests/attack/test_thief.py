# SPDX-License-Identifier: MIT
"""A thief with a cable: everything a stranger can send down the serial port, and what the agent says to it."""

import asyncio
import os
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nightlatch.errors import HostError, Refused
from nightlatch.sim.car.car import Car as SimCar
from nightlatch.vault import Vault
from nightlatch.wire import frame, record
from nightlatch.wire import messages as m
from nightlatch.wire import numbers as n
from tests.attack.table import Report
from tests.system.car_bench import KDF, PASSPHRASE, Bench, claim, play

HELLO = bytes([n.F_HELLO]) + record.pack(m.HELLO, {"version": n.PROTOCOL})
NO_CHANCE = {n.C_BAD_REQUEST, n.C_UNKNOWN_REQUEST, n.C_NOT_BLANK, n.C_REFUSED, n.C_BAD_VERSION, n.C_NO_BUTTON}
# Interrupt, end of file, raw REPL and back, soft reset, paste mode, raw paste, XON/XOFF, escape, a telnet break
CONTROL = [b"\x03", b"\x03\x03", b"\x04", b"\x01", b"\x02", b"\x05", b"\x05A\x01", b"\x11\x13", b"\x1b[A", b"\xff\xf3"]
RAW_REPL = b"\r\x03\x03\r\x01import machine\nmachine.Pin('unlock', 1).value(1)\nprint('owned')\n\x04\x02"


class Line:
    """A stranger's end of the cable."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._decoder = frame.Decoder()
        self.heard = b""

    async def say(self, data: bytes, within: float = 2.0) -> None:
        """Bytes as they are; gives up on what the line does not take in time."""
        end = time.monotonic() + within
        view = memoryview(data)
        while view and time.monotonic() < end:
            try:
                view = view[os.write(self._fd, view) :]
            except BlockingIOError:
                self._hear()
            await asyncio.sleep(0)

    async def ask(self, payload: bytes, within: float = 2.0) -> list[bytes]:
        """A frame; the payloads that came back until one did, or time was over."""
        await self.say(b"\x00" + frame.encode(payload))
        return await self.listen(within)

    async def listen(self, within: float) -> list[bytes]:
        """The payloads that come, until there is one or time is over."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            if found := self._decoder.push(self._hear()):
                return found
            await asyncio.sleep(0.002)
        return []

    def _hear(self) -> bytes:
        try:
            data = os.read(self._fd, 65536)
        except BlockingIOError:
            return b""
        self.heard += data
        return data

    def send_break(self) -> None:
        """A break on the line."""
        termios.tcsendbreak(self._fd, 0)

    def close(self) -> None:
        """Pulls the plug."""
        os.close(self._fd)


@contextmanager
def line_to(car: SimCar) -> Iterator[Line]:
    line = Line(car.cable.technician)
    try:
        yield line
    finally:
        line.close()


async def still_serves(line: Line) -> None:
    """HELLO works right now."""
    assert await line.ask(HELLO)
    while await line.listen(0.02):  # answers to what was taken for frames
        continue
    (answer,) = await line.ask(HELLO)
    assert answer[0] == n.F_HELLO | n.F_ANSWER


def test_every_frame_without_a_session(tmp_path: Path, attack: Report) -> None:
    """All 256 types, empty, short, plausible and huge: HELLO or a refusal, and no output moves."""

    async def story(bench: Bench) -> None:
        tries = opened = 0
        bodies = [
            b"",
            b"\x01",
            bytes(21),
            record.pack(m.CLAIM, {"version": n.PROTOCOL, "agent_id": os.urandom(16), "claim_key": os.urandom(16)}),
            record.pack(m.RECORD, {"counter": 0, "sealed": os.urandom(60)}),
            os.urandom(n.FRAME_MAX - 1),
        ]
        with line_to(bench.car) as line:
            before = bench.moves
            for kind in range(256):
                for body in bodies if kind < 8 or kind == 0x84 else bodies[:2] + bodies[-1:]:
                    answers = await line.ask(bytes([kind]) + body)
                    assert len(answers) == 1
                    (answer,) = answers
                    tries += 1
                    if kind == n.F_HELLO and body:
                        assert answer[0] == n.F_HELLO | n.F_ANSWER
                    elif kind == n.F_CHALLENGE and not body:
                        assert len(answer) == 17 and answer[0] == kind | n.F_ANSWER  # good for a recovery code alone
                    else:
                        assert len(answer) == 2 and answer[0] == n.F_REFUSAL and answer[1] in NO_CHANCE, answer
            opening = record.pack(m.OPEN, {"version": n.PROTOCOL, "epoch": 1, "nonce": bytes(16)})
            for number in range(256):  # every request inside a session that was never proved
                (answer,) = await line.ask(bytes([n.F_OPEN]) + opening)
                assert answer[0] == n.F_OPEN | n.F_ANSWER
                sealed = bytes([number]) + os.urandom(32)
                fields = record.pack(m.RECORD, {"counter": 0, "sealed": sealed})
                assert await line.ask(bytes([n.F_RECORD]) + fields) == [bytes([n.F_REFUSAL, n.C_REFUSED])]
                tries += 1
            opened = bench.moves - before
        await (await bench.phone()).opens()
        assert len(await bench.session(lambda session: session.keys())) == 2
        attack(20, "every frame without a session", tries, opened, "phone and workshop worked afterwards")

    play(tmp_path, story)


def test_interrupts_breaks_and_raw_repl(tmp_path: Path, attack: Report) -> None:
    """No REPL answers on the port of a claimed agent, and what would stop a program does not."""

    async def story(bench: Bench) -> None:
        pid = bench.car.pid
        with line_to(bench.car) as line:
            before = bench.moves
            for control in (*CONTROL, RAW_REPL, RAW_REPL * 50, b"\x03" * 4096, b"\x04" * 4096):
                await line.say(control)
            line.send_break()
            await still_serves(line)
            assert b">>>" not in line.heard and b"owned" not in line.heard and b"Traceback" not in line.heard
            opened = bench.moves - before
        assert bench.car.pid == pid and bench.car.starts == 1, "the agent was restarted"
        await (await bench.phone()).opens()
        attack(20, "interrupts, break, raw REPL", len(CONTROL) + 5, opened, "opened; the agent never stopped")

    play(tmp_path, story)


def test_a_reset_without_the_button(tmp_path: Path, attack: Report) -> None:
    """A cable alone resets nothing, nor does a button that is only touched, or let go in between."""

    async def story(bench: Bench) -> None:
        ask = bytes([n.F_RESET, n.PROTOCOL])
        tries = done = 0
        with line_to(bench.car) as line:
            for down in (False, True, False, True, False):
                bench.car.lock.press(down)
                for _ in range(8):
                    (answer,) = await line.ask(ask)
                    tries += 1
                    done += answer != bytes([n.F_REFUSAL, n.C_NO_BUTTON])
                    await asyncio.sleep(n.RESET_HOLD_MS / 1000 / 16)
        await (await bench.phone()).opens()
        assert len(await bench.session(lambda session: session.keys())) == 2 and bench.car.starts == 1
        attack(20, "a factory reset without the button", tries, done, "opened; all keys were there")

    play(tmp_path, story)


def test_hello_says_what_it_may(tmp_path: Path, attack: Report) -> None:
    """Version, state, board, firmware, serial, the same each time; nothing that this car's vault keeps."""

    async def story(bench: Bench) -> None:
        car = bench.vault.car()
        with line_to(bench.car) as line:
            answers = {(await line.ask(HELLO))[0] for _ in range(5)}
            answers |= {(await line.ask(bytes([n.F_HELLO, version]) + os.urandom(9)))[0] for version in (0, 1, 255)}
        assert len(answers) == 1
        (answer,) = answers
        told = record.unpack(m.HELLO_ANSWER, answer[1:])
        assert told == {
            "version": n.PROTOCOL,
            "state": n.AGENT_CLAIMED,
            "board": "UNIX",
            "firmware": told["firmware"],
            "serial": car.serial,
        }
        learnt = sum(secret in answer for secret in (car.agent_id, car.veil, car.link_key, car.log_key))
        attack(20, "what HELLO tells", 8, learnt, "the same as everybody")

    play(tmp_path, story)


def test_nobody_claims_it_again(tmp_path: Path, attack: Report) -> None:
    """A claimed agent refuses a claim in its first minute, with the button held, and after a restart."""

    async def story(bench: Bench) -> None:
        thief = Vault.create(tmp_path / "thief.sqlite", PASSPHRASE, KDF)
        body = {"version": n.PROTOCOL, "agent_id": os.urandom(16), "claim_key": os.urandom(16)}
        frames = [bytes([n.F_CLAIM]) + record.pack(m.CLAIM, body)]
        taken = tries = 0
        for moment in ("at once", "button held", "after a restart"):
            bench.car.lock.press(moment == "button held")
            if moment == "after a restart":
                await bench.restart()
            with line_to(bench.car) as line:
                for payload in frames:
                    taken += await line.ask(payload) != [bytes([n.F_REFUSAL, n.C_NOT_BLANK])]
                    tries += 1
            with pytest.raises(Refused) as refused:
                await bench.cable(lambda client: client.claim(thief))
            assert refused.value.code == "not_blank"
            tries += 1
        await (await bench.phone()).opens()
        await bench.session(lambda session: session.status())
        attack(20, "a claim of a claimed agent", tries, taken, "opened; the workshop's session worked")

    play(tmp_path, story)


MAIN = """
import asyncio
from agent import app, hal
from wire import numbers
numbers.CLAIM_WINDOW_MS = 1000
asyncio.run(app.App(hal.Hal(hal.wiring())).run())
"""


def test_a_blank_agent_s_window_closes(tmp_path: Path, attack: Report) -> None:
    """After the window (cut to a second here) a claim needs the button; with it, it works."""
    firmware = tmp_path / "firmware"
    firmware.mkdir()
    (firmware / "main.py").write_text(MAIN)

    async def main() -> None:
        (tmp_path / "blank").mkdir()
        (tmp_path / "blank" / "flash.img").write_bytes(b"\xff" * 64 * 4096)
        async with SimCar(tmp_path / "blank", firmware=firmware) as car:
            vault = Vault.create(tmp_path / "vault.sqlite", PASSPHRASE, KDF)
            bench = Bench(car, vault)
            await asyncio.sleep(2.2)
            taken = 0
            for _ in range(3):
                try:
                    await bench.cable(lambda client: client.claim(vault))
                    taken += 1
                except HostError as refused:
                    assert refused.code == "window_closed"
            assert (await bench.cable(lambda client: client.hello())).state == n.AGENT_BLANK
            car.lock.press(True)
            await bench.cable(lambda client: claim(client, vault))
            await (await bench.phone()).opens()
            attack(20, "a claim after the window", 3, taken, "with the button held it was claimed, and opened")

    asyncio.run(main())
