# SPDX-License-Identifier: MIT
"""The part of the story that takes an owner: a suspect key is cleared, and a lost phone is replaced by card."""

import asyncio

from ...card.reader import CarReader
from ...device import types
from ...errors import Refused
from ...phone import keys, requests
from ...phone.exchange import act, told
from ...phone.holder import Holder
from ...wire import numbers as n
from ...workshop.cards import Job, Workshop
from ...workshop.client import Client
from ..cards.held import Ntag424, PhoneCard
from .cards import DESK
from .step import Step, hold
from .story import Story


def join(story: Story) -> None:
    """Puts these steps before the end of Ben's key."""
    owner = OwnerSteps(story)
    names = [step.name for step in story.steps]
    story.steps[names.index("revoke") : names.index("revoke")] = [owner.lost]
    story.steps[names.index("copies") + 1 : names.index("copies") + 1] = [owner.clear]


_PRESSED_S = 1.0  # then the car has seen it


class OwnerSteps:
    """Plays with the people and the car of a story."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self.clear = Step("clear", "The other copy is gone for good: Ada clears Ben's key at the car", self._clear)
        self.lost = Step("lost-by-card", "Ada loses her own phone: her card speaks for her", self._lost)

    async def _ask(self, wanted: requests.Ask) -> None:
        result = await requests.ask(self._story._ada_phone, self._story._ada, wanted)
        hold(result.ok, f"Ada's phone: {told(result)}")

    async def _clear(self) -> str:
        story = self._story
        ben, handle = story._ben, story._ben.state.handle
        before = await act(story._ben_phone, ben, n.TRUNK)
        stands = ben.state.epoch, keys.mark(ben.state.chain)
        itself = await requests.ask(story._ben_phone, ben, requests.clear(handle, *stands))
        hold(before.verdict == itself.verdict == n.NO_RIGHT, f"Ben's phone: {told(before)}, {told(itself)}")
        wrong = await requests.ask(story._ada_phone, story._ada, requests.clear(handle, stands[0], bytes(2)))
        hold(wrong.verdict == n.STALE, f"cleared for a phone that is not there: {told(wrong)}")
        stands = ben.state.epoch, keys.mark(ben.state.chain)
        await self._ask(requests.clear(handle, *stands))
        after = await act(story._ben_phone, ben, n.TRUNK)
        hold(after.ok and not after.suspect, f"Ben's phone: {told(after)}")
        old = await act(story._ben_phone, Holder(story._copied), n.UNLOCK)
        hold(old.verdict is None or old.verdict == n.STALE, f"the copy was told: {told(old)}")
        return f"his phone shows {ben.state.code}, Ada clears that one; his trunk opens again, the copy is out for good"

    async def _lost(self) -> str:
        story, card = self._story, Ntag424()
        rights = types.RIGHTS_OF_ROLE[n.ROLE_OWNER]

        def issue(client: Client) -> None:
            with client.session(story._vault) as session:
                shop = Workshop(story._vault, story._vault.car(), CarReader(session), lambda step: None)
                shop.issue(session, Job(n.ROLE_OWNER, rights, "Ada's card"))

        def replace(client: Client) -> Holder | None:
            with client.session(story._vault) as session:
                try:
                    key = session.enrol(n.KIND_PHONE, n.ROLE_OWNER, rights, "Ada's new phone")
                except Refused as refused:
                    hold(refused.code == "needs_approval", refused.message)
                    return None
                return story._holder(key)

        story._car.reader.present(card)
        try:
            await story._at_cable(issue)
        except Refused as refused:
            hold(refused.code == "needs_approval", refused.message)
        await story._consent("Ada's card")
        await story._at_cable(issue)
        await asyncio.sleep(DESK)
        story._car.reader.remove(card)
        card.state.random_id = True

        hold(await story._at_cable(replace) is None, "a new phone without an owner")
        story._car.lock.press(True)
        await asyncio.sleep(_PRESSED_S)
        edges = story._edges()
        await story._car.reader.tap(card)
        await asyncio.sleep(_PRESSED_S)  # the car looks at the button once the card has rolled
        story._car.lock.press(False)
        found = await story._at_cable(replace)
        story._nothing_moved(edges)
        hold(found is not None, "her card did not speak for her")
        assert found is not None
        hold(await story._at_cable(replace) is None, "the consent was used twice")
        lost, story._ada = story._ada, found
        await self._ask(requests.revoke_key(lost.state.handle))
        ended = await act(story._ada_phone, lost, n.UNLOCK)
        hold(ended.verdict == n.REVOKED, f"the lost phone: {told(ended)}")
        again = PhoneCard(found, n.LOCK)
        hold(await story._car.reader.tap(again) and again.phone.results[-1].ok, "her new phone does not work")
        return "no new key without her; card and button said yes, and the new phone revoked the lost one"
