# SPDX-License-Identifier: MIT
"""The part of the story that takes an owner: a suspect key is cleared, and a lost phone is replaced by card."""

import asyncio

from ...card.reader import CarReader
from ...device import types
from ...errors import Refused
from ...phone import requests
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
        itself = await requests.ask(story._ben_phone, ben, requests.clear(handle))
        hold(before.verdict == itself.verdict == n.NO_RIGHT, f"Ben's phone: {told(before)}, {told(itself)}")
        await self._ask(requests.clear(handle))
        after = await act(story._ben_phone, ben, n.TRUNK)
        hold(after.ok and not after.suspect, f"Ben's phone: {told(after)}")
        old = await act(story._ben_phone, Holder(story._oldest), n.UNLOCK)
        hold(old.verdict == n.STALE, f"the old copy was told: {told(old)}")
        return "his trunk opens again; he could not clear it himself, and the old copy is still stale"

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
                session.revoke(story._ada.state.handle)
                return story._holder(key)

        await self._ask(requests.approve())
        story._car.reader.present(card)
        await story._at_cable(issue)
        await asyncio.sleep(DESK)
        story._car.reader.remove(card)
        card.state.random_id = True

        hold(await story._at_cable(replace) is None, "a new phone without an owner")
        edges = story._edges()
        await story._car.reader.tap(card)
        found = await story._at_cable(replace)
        story._nothing_moved(edges)
        hold(found is not None, "her card did not speak for her")
        assert found is not None
        hold(await story._at_cable(replace) is None, "the consent was used twice")
        lost = await act(story._ada_phone, story._ada, n.UNLOCK)
        hold(lost.verdict == n.REVOKED, f"the lost phone: {told(lost)}")
        story._ada = found
        again = PhoneCard(found, n.LOCK)
        hold(await story._car.reader.tap(again) and again.phone.results[-1].ok, "her new phone does not work")
        return "no new key without her; one tap of her card and it was enrolled, the lost phone revoked, nothing moved"
