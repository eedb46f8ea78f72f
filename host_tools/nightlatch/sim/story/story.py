# SPDX-License-Identifier: MIT
"""The story of the demonstration: one car, two phones, a stranger, and everything that must and must not open it.

Every step is played with the real agent on the virtual links and checks what it says; a step that does not hold raises
Broken with what was seen.
"""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from ...device import types
from ...phone import requests
from ...phone.ble import BlePhone
from ...phone.bundle import KeyBundle
from ...phone.exchange import act, told
from ...phone.holder import Holder
from ...phone.state import Result, State
from ...vault.records import Key
from ...vault.vault import Vault
from ...wire import numbers as n
from ...workshop import logbook
from ...workshop.client import Client
from ..car.car import Car
from ..cards.held import PhoneCard
from .cards import CardSteps
from .offline import offline, sockets_of
from .replay import ReplayCard, replay_ble
from .step import Step, hold
from .tape import Tape

T = TypeVar("T")
_SETTLE = 0.6  # seconds; longer than a pulse


class Story:
    """The steps, in order; `close` undoes what they left behind."""

    def __init__(self, car: Car, vault_path: Path) -> None:
        self._car = car
        self._vault_path = vault_path
        self._after = ExitStack()
        self._tape = Tape(car)
        cards = CardSteps(car, lambda: self._vault)
        self.steps = [
            Step("blank", "A blank agent starts and says who it is", self._blank),
            Step("claim", "A technician claims it over the serial cable", self._claim),
            Step("enrol", "Ada's phone is enrolled as owner, Ben's as driver", self._enrol),
            cards.made,
            Step("offline", "The network goes away", self._offline),
            Step("ble", "Ben unlocks and locks over Bluetooth LE", self._ble),
            Step("nfc", "Ben unlocks with a tap of his phone", self._nfc),
            *cards.used,
            Step("replay", "A thief replays every frame recorded so far, on both links", self._replay),
            Step("stranger", "A stranger with a perfect phone and no key tries", self._stranger),
            Step("kill", "The agent is killed in the middle of an unlock", self._kill),
            Step("lost-answer", "The answer of an unlock is lost on the air", self._lost_answer),
            Step("copies", "Two copies of Ben's phone take turns, an old one turns up", self._copies),
            Step("revoke", "Ben's key is revoked", self._revoke),
            Step("log", "The log is exported and its chain verified", self._log),
        ]

    def close(self) -> None:
        """Gives the network back."""
        self._after.close()

    # --- the workshop

    async def _blank(self) -> str:
        hello = await self._at_cable(lambda client: client.hello())
        hold(hello.state == n.AGENT_BLANK, f"it says it is {types.STATES[hello.state]}")
        return f"{hello.board} {hello.serial}, firmware {hello.firmware}, {types.STATES[hello.state]}"

    async def _claim(self) -> str:
        self._vault = await asyncio.to_thread(Vault.create, self._vault_path, b"a passphrase for the demonstration")
        car = await self._at_cable(lambda client: client.claim(self._vault))
        again = await self._at_cable(lambda client: client.hello())
        hold(again.state == n.AGENT_CLAIMED, "it is still blank")
        return f"the vault holds {car.serial}; the agent is {types.STATES[again.state]}"

    async def _enrol(self) -> str:
        def both(client: Client) -> tuple[Key, Key]:
            with client.session(self._vault) as session:
                rights = types.RIGHTS_OF_ROLE
                ada = session.enrol(n.KIND_PHONE, n.ROLE_OWNER, rights[n.ROLE_OWNER], "Ada's phone")
                return ada, session.enrol(n.KIND_PHONE, n.ROLE_DRIVER, rights[n.ROLE_DRIVER], "Ben's phone")

        ada, ben = await self._at_cable(both)
        self._ada, self._ben = self._holder(ada), self._holder(ben)
        self._oldest = self._ben.state
        self._ada_phone = BlePhone(await self._car.radio.central("Ada"), self._ada.state.veil)
        self._ben_phone = BlePhone(await self._car.radio.central("Ben"), self._ben.state.veil)
        return f"handles {ada.handle} and {ben.handle}, by cable, in one session"

    async def _offline(self) -> str:
        tried = self._after.enter_context(offline())
        held = sockets_of(self._car.pid)
        hold(not tried and held["tcp"] == held["udp"] == 0, f"somebody has a network socket: {held}")
        return f"sockets of any other kind raise from here on; the agent holds {held['unix']} virtual ones and no other"

    # --- the car park

    async def _ble(self) -> str:
        unlocked = await self._unlock("over BLE")
        locked = await act(self._ben_phone, self._ben, n.LOCK)
        hold(locked.ok and self._car.lock.doors == "locked", f"lock: {told(locked)}")
        return f"doors {types.DOORS[unlocked.doors]}, then {types.DOORS[locked.doors]}; one write of 20 bytes each"

    async def _nfc(self) -> str:
        await self._ben_phone.disconnect()
        before = self._car.lock.openings
        card = PhoneCard(self._ben, n.UNLOCK)
        done = await self._car.reader.tap(card)
        result = card.phone.results[-1] if card.phone.results else Result(None)
        hold(done and result.ok and self._car.lock.openings == before + 1, f"tap: {told(result)}")
        apdus, octets = self._tape.last_tap()
        return f"doors {types.DOORS[result.doors]} after 2 APDUs, told by a third; {apdus} APDUs, {octets} bytes in all"

    async def _replay(self) -> str:
        tokens = self._tape.tokens()
        hold(len(tokens) >= 3, "nothing was recorded")
        before = self._edges()
        frames = await replay_ble(self._car, [*self._tape.ble_frames(), *tokens])
        for token in tokens:
            await self._car.reader.tap(ReplayCard(token))
        self._nothing_moved(before)
        await self._unlock("afterwards")
        return f"{frames} frames over BLE, {len(tokens)} over NFC: nothing opened; Ben's phone did afterwards"

    async def _stranger(self) -> str:
        before = self._edges()
        state = self._ben.state
        strangers = [
            Holder(State.of(KeyBundle(state.agent_id, state.veil, handle, 1, n.RIGHTS_KNOWN, bytes(16), "")))
            for handle in (0, 1, 2, 40000)  # he even knows the veil key, as a holder of another key would
        ]
        strangers.append(Holder(State.of(KeyBundle(bytes(16), bytes(16), 1, 1, n.RIGHTS_KNOWN, bytes(16), ""))))
        answers = set()
        phone = BlePhone(await self._car.radio.central("stranger"), state.veil)
        for stranger in strangers:
            answer = await phone.transact(lambda nonce, who=stranger: who.token(nonce, n.UNLOCK))  # type: ignore[misc]
            hold(answer is not None and len(answer) == n.ANSWER_SIZE, "a refusal was not 16 bytes")
            assert answer is not None
            hold(stranger.answer(answer).verdict is None, "he was told something")
            answers.add(answer)
        await phone.disconnect()
        card = PhoneCard(strangers[0], n.UNLOCK)
        await self._car.reader.tap(card)
        hold(all(result.verdict is None for result in card.phone.results), "he was told something over NFC")
        self._nothing_moved(before)
        return f"{len(strangers)} guesses over BLE and one tap: 16 bytes of noise each time, nothing opened"

    # --- bad luck

    async def _kill(self) -> str:
        car = self._car
        restarts = []
        for moment in ("as the token arrives", "as the relay closes"):
            died = asyncio.Event()

            def strike(*_: object, done: asyncio.Event = died) -> None:
                if not done.is_set():
                    car.kill_now()
                    done.set()

            if moment == "as the token arrives":
                car.radio.before_token = strike
            else:
                car.lock.listeners.append(strike)
                car.radio.drop_answers = 1  # no answer leaves an agent without power
            answer = await self._ben_phone.transact(lambda nonce: self._ben.token(nonce, n.UNLOCK), 1.0)
            car.radio.before_token = None
            car.radio.drop_answers = 0
            if strike in car.lock.listeners:
                car.lock.listeners.remove(strike)
            hold(died.is_set() and answer is None, f"it was not killed {moment}")
            await car.kill()
            hold(not any(car.lock.levels.values()), "an output stayed on")
            await car.boot()
            result = await self._unlock(f"after a kill {moment}")
            restarts.append("a retry" if result.retry else "a first try")
        return f"twice, with SIGKILL: as the token arrived, as the relay closed; then it opened ({', '.join(restarts)})"

    async def _lost_answer(self) -> str:
        before = self._car.lock.openings
        self._car.radio.drop_answers = 1
        epoch = self._ben.state.epoch
        answer = await self._ben_phone.transact(lambda nonce: self._ben.token(nonce, n.UNLOCK), 0.5)
        hold(answer is None and self._ben.state.epoch == epoch, "the answer was not lost")
        hold(self._car.lock.openings == before + 1, "the car did not open")
        await asyncio.sleep(_SETTLE)
        result = await act(self._ben_phone, self._ben, n.UNLOCK)
        hold(result.ok and result.retry and self._car.lock.openings == before + 1, f"the retry: {told(result)}")
        return "asked again, the car said which token it had taken: nothing moved twice, and the phone is in step"

    async def _copies(self) -> str:
        old = Holder(self._oldest)
        before = self._edges()
        stale = await act(self._ben_phone, old, n.UNLOCK)
        hold(stale.verdict == n.STALE, f"the copied QR code was told: {told(stale)}")
        self._nothing_moved(before)
        first = await self._unlock("after somebody tried the copied QR code")
        hold(first.tried and not first.suspect, "Ben's phone is not told of it")
        self._copied = self._ben.state
        copy = Holder(self._copied)
        second = await self._unlock("with a copy of the phone as it is now", copy)
        hold(not second.suspect, "nobody can know yet")
        before = self._edges()
        refused = await act(self._ben_phone, self._ben, n.UNLOCK)
        hold(refused.verdict == n.STALE, f"Ben's own phone was told: {told(refused)}")
        self._nothing_moved(before)
        shown = await self._unlock("with the copy once more", copy)
        hold(shown.suspect, "the copy does not show as suspect")
        self._ben, self._copied = copy, self._ben.state
        logged = {entry["verdict"] for entry in self._car.entries}
        hold({n.SUSPECT, n.STALE} <= logged, "the log lacks one of them")
        return "the photo of the QR code opens nothing; of two living copies one is out, and the key shows as suspect"

    # --- the end of a key

    async def _revoke(self) -> str:
        def revoke(client: Client) -> None:
            with client.session(self._vault) as session:
                session.revoke(self._ben.state.handle)

        await self._at_cable(revoke)
        before = self._edges()
        result = await act(self._ben_phone, self._ben, n.UNLOCK)
        hold(result.verdict == n.REVOKED, f"his phone says: {told(result)}")
        await self._ben_phone.disconnect()
        card = PhoneCard(self._ben, n.UNLOCK)
        await self._car.reader.tap(card)
        hold(bool(card.phone.results) and card.phone.results[-1].verdict == n.REVOKED, "the tap does not say so")
        self._nothing_moved(before)
        owner = await act(self._ada_phone, self._ada, n.UNLOCK)
        hold(owner.ok, f"Ada's phone: {told(owner)}")
        return f"his phone says “{told(result)}”, over BLE and NFC; Ada's opens"

    async def _log(self) -> str:
        def export(client: Client) -> list[types.LogEntry]:
            with client.session(self._vault) as session:
                return list(session.log())

        entries = await self._at_cable(export)
        car = self._vault.car()
        good = logbook.verify(entries, car.log_key)
        hold(good.ok and good.anchored and good.missing == 0, f"broken at {good.broken}")
        forged = list(entries)
        forged.pop(len(forged) // 2)
        hold(not logbook.verify(forged, car.log_key).ok, "a removed entry was not noticed")
        verdicts = {entry.verdict for entry in entries}
        hold({n.OK, n.SUSPECT, n.STALE, n.REVOKED} <= verdicts, "the log lacks a verdict of this story")
        return f"{good.entries} entries, {good.first} to {good.last}, every link holds; one entry less, and it breaks"

    # --- helpers

    async def _consent(self, label: str) -> None:
        """Ada reads on her phone what a session asks for, and says yes if it is that."""
        says = lambda asked: asked.request == n.R_ENROL and asked.text == label  # noqa: E731
        result = await requests.consent(self._ada_phone, self._ada, says)
        hold(result.ok, f"Ada's phone: {told(result)}")

    async def _unlock(self, when: str, holder: Holder | None = None) -> Result:
        await asyncio.sleep(0)
        before = self._car.lock.openings
        result = await act(self._ben_phone, holder or self._ben, n.UNLOCK)
        hold(result.ok, f"unlock {when}: {told(result)}")
        hold(self._car.lock.openings > before and self._car.lock.doors == "unlocked", f"no pulse {when}")
        return result

    def _edges(self) -> int:
        return sum(edge.level for edge in self._car.lock.edges)

    def _nothing_moved(self, before: int) -> None:
        hold(self._edges() == before, "something moved")

    def _holder(self, key: Key) -> Holder:
        car = self._vault.car(key.serial)
        bundle = KeyBundle(car.agent_id, car.veil, key.handle, key.role, key.rights, key.root, key.label)
        return Holder(State.of(bundle))

    async def _at_cable(self, work: Callable[[Client], T]) -> T:
        def run() -> T:
            with Client.open(self._car.serial_url) as client:
                return work(client)

        return await asyncio.to_thread(run)
