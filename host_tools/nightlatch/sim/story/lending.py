# SPDX-License-Identifier: MIT
"""The part of the story without a workshop: the time is set, the car is lent, a code is used, a phone is lost."""

from ...errors import Refused
from ...phone import recovery, requests
from ...phone.ble import BlePhone
from ...phone.exchange import act, told
from ...phone.holder import Holder
from ...phone.passes import Introduction, decode, encode, introduce, issue
from ...phone.recovery import Code
from ...wire import caveats as c
from ...wire import numbers as n
from ...workshop.client import Client
from ..cards.held import PhoneCard
from .step import Step, hold
from .story import Story

_NOON = 1_800_000_000  # the day of the demonstration: a Friday in January 2027
_DAY = 86400


def join(story: Story) -> None:
    """Puts these steps before the end of Ben's key."""
    lending = Lending(story)
    at = [step.name for step in story.steps].index("revoke")
    story.steps[at:at] = lending.steps


class Lending:
    """Plays with the people and the car of a story."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._codes: list[Code] = []
        self.steps = [
            Step("sheet", "The workshop prints recovery codes and hands the car over", self._sheet),
            Step("time", "Ada's phone tells the car what time it is", self._time),
            Step("lend", "Ada lends Cleo one unlock between two dates, offline", self._lend),
            Step("power", "The power goes: guests wait for the time, owners don't", self._power),
            Step("recover", "Somebody without a phone opens with a recovery code", self._recover),
            Step("lost-phone", "Dora's phone is lost: Ada revokes it with her own, far from any workshop", self._lost),
        ]

    async def _sheet(self) -> str:
        def work(client: Client) -> list[Code]:
            codes = []
            with client.session(self._story._vault) as session:
                for _ in range(2):
                    code = recovery.new(session.status().next_handle)
                    session.enrol(n.KIND_RECOVERY, n.ROLE_GUEST, n.RIGHT_UNLOCK, "recovery", code.root)
                    codes.append(code)
                session.config_set("handed_over", 1)
            return codes

        self._codes = await self._story._at_cable(work)
        return f"{len(self._codes)} codes of 80 bits; from now on enrolling needs an owner at the car"

    async def _ask(self, wanted: requests.Ask) -> None:
        result = await requests.ask(self._story._ada_phone, self._story._ada, wanted)
        hold(result.ok, f"Ada's phone: {told(result)}")

    async def _time(self) -> str:
        await self._ask(requests.set_time(_NOON))
        back = await requests.ask(self._story._ada_phone, self._story._ada, requests.set_time(_NOON - _DAY))
        hold(back.verdict == n.TIME_BACK, "the time went back")
        return "it is noon from now on, and never yesterday again"

    async def _lend(self) -> str:
        story = self._story
        dates = [c.caveat(c.NOT_BEFORE, _NOON - _DAY), c.caveat(c.NOT_AFTER, _NOON + _DAY)]
        url = encode(issue(story._ada, [c.caveat(c.USES, 1), *dates], "Ada's car"))
        self._cleo_phone = BlePhone(await story._car.radio.central("Cleo"), story._ada.state.veil)
        shown = Introduction(decode(url))
        result = await introduce(self._cleo_phone, shown)
        hold(result.ok and shown.holder is not None, f"the pass: {told(result)}")
        assert shown.holder is not None
        self._cleo: Holder = shown.holder
        before = story._car.lock.openings
        once = await act(self._cleo_phone, self._cleo, n.UNLOCK)
        twice = await act(self._cleo_phone, self._cleo, n.UNLOCK)
        hold(once.ok and twice.verdict == n.USED_UP and story._car.lock.openings == before + 1, f"twice: {told(twice)}")
        return f"a URL of {len(url)} characters; it opened once, then: “{told(twice)}”"

    async def _power(self) -> str:
        story = self._story
        url = encode(issue(story._ada, [c.caveat(c.NOT_AFTER, _NOON + _DAY)], "Ada's car"))
        shown = Introduction(decode(url))
        hold((await introduce(self._cleo_phone, shown)).ok and shown.holder is not None, "the second pass")
        assert shown.holder is not None
        self._cleo = shown.holder
        await self._cleo_phone.disconnect()
        await story._car.kill()
        await story._car.boot()
        before = story._edges()
        waits = await act(self._cleo_phone, self._cleo, n.UNLOCK)
        hold(waits.verdict == n.NO_TIME, f"Cleo's phone: {told(waits)}")
        story._nothing_moved(before)
        ada = await act(story._ada_phone, story._ada, n.UNLOCK)
        hold(ada.ok, f"Ada's phone: {told(ada)}")
        await self._ask(requests.set_time(_NOON + 60))
        again = await act(self._cleo_phone, self._cleo, n.UNLOCK)
        hold(again.ok, f"Cleo's phone: {told(again)}")
        return f"Cleo was told “{told(waits)}”; Ada's phone set it, then Cleo's opened"

    async def _recover(self) -> str:
        story = self._story
        before = story._car.lock.openings
        helper = BlePhone(await story._car.radio.central("helper"), None)
        result = await recovery.recover(helper, recovery.parse(self._codes[0].text))
        again = await recovery.recover(helper, self._codes[0])
        await helper.disconnect()
        hold(result.ok and again.verdict == n.REVOKED, f"the code: {told(result)}, then {told(again)}")
        by_cable = await story._at_cable(lambda client: client.recover(self._codes[1]))
        hold(by_cable.ok and story._car.lock.openings == before + 2, "the second code, by cable")
        return "one over Bluetooth from a phone that never saw the car, one by cable; each opened once"

    async def _lost(self) -> str:
        story = self._story

        def enrol(client: Client) -> Holder:
            with client.session(story._vault) as session:
                key = session.enrol(n.KIND_PHONE, n.ROLE_DRIVER, n.RIGHT_UNLOCK | n.RIGHT_LOCK, "Dora's phone")
                return story._holder(key)

        try:
            await story._at_cable(enrol)
            hold(False, "a new key without an owner")
        except Refused as refused:
            hold(refused.code == "needs_approval", refused.message)
        await story._consent("Dora's phone")
        dora = await story._at_cable(enrol)
        card = PhoneCard(dora, n.UNLOCK)
        hold(await story._car.reader.tap(card) and card.phone.results[-1].ok, "Dora's phone does not open")
        result, keys = await requests.keys(story._ada_phone, story._ada)
        hold(result.ok, f"the list: {told(result)}")
        lost = next(key for key in keys if key.label == "Dora's phone")
        await self._ask(requests.revoke_key(lost.handle))
        before = story._edges()
        card = PhoneCard(dora, n.UNLOCK)
        await story._car.reader.tap(card)
        hold(card.phone.results[-1].verdict == n.REVOKED, "the finder is not told")
        story._nothing_moved(before)
        return f"found as key {lost.handle} of {len(keys)} on the phone's own list; its finder gets nothing"
