# SPDX-License-Identifier: MIT
"""Which agent runs: the newest slot that may, else the other one, else the one that is part of the image."""

from .slot import BAD, CONFIRMED, READY

FACTORY = -1


class Boot:
    """What was chosen, for the agent that runs. `slots`: two, or none on a board without.

    `oldest`: version of the image; a slot with less is from before the image was flashed, and is passed over.
    `running`: index of the slot or FACTORY; `trial`: it is not confirmed yet.
    """

    def __init__(self, slots: "list[Slot]", board: str, oldest: int = 0) -> None:
        self.slots = slots
        self.oldest = oldest
        self._board = board
        self.running = FACTORY
        self.trial = False
        self.limit: "object" = None  # a timer

    def choose(self, crashed: bool) -> None:
        """Chooses, and sets the marks that go with it. crashed: the run before this start did not end by itself.

        A reset can't say whose run it ended. It was the one that would be chosen now, unless that one has not run yet.
        """
        index = self._best()
        if index != FACTORY and crashed:
            slot = self.slots[index]
            if slot.marked(CONFIRMED):
                slot.note_crash()
            elif slot.tries():
                slot.mark(BAD)
        for slot in self.slots:
            if slot.marked(READY) and not slot.bootable(self._board):
                slot.mark(BAD)
        self.running = self._best()
        if self.running != FACTORY:
            slot = self.slots[self.running]
            self.trial = not slot.marked(CONFIRMED)
            if self.trial:
                slot.begin_trial()

    def _best(self) -> int:
        able = [
            index
            for index, slot in enumerate(self.slots)
            if slot.version() >= self.oldest and slot.bootable(self._board)
        ]
        able.sort(key=lambda index: self.slots[index].version())
        while able:
            index = able.pop()
            if self.slots[index].whole():
                return index
        return FACTORY

    def failed(self) -> None:
        """The agent that was started ended, or did not prove itself in time."""
        if self.running != FACTORY:
            slot = self.slots[self.running]
            if slot.marked(CONFIRMED):
                slot.note_crash()
            else:
                slot.mark(BAD)

    def steady(self) -> bool:
        """The agent that runs finds that it works. True when that confirms an update."""
        if self.running == FACTORY:
            return False
        slot = self.slots[self.running]
        first, self.trial = self.trial, False
        if first:
            slot.mark(CONFIRMED)
        slot.forgive()
        return first

    def target(self) -> int:
        """The slot that the next update goes into: never the one that runs; otherwise what is of the least use.

        One that a part of an update is in comes first: that goes on where it stopped.
        """
        free = [index for index in range(len(self.slots)) if index != self.running]

        def use(index: int) -> "tuple[bool, bool, int, int]":
            slot = self.slots[index]
            return slot.bootable(self._board), not slot.partial(), slot.version(), index

        return min(free, key=use)

    def give_up(self) -> None:
        """Never starts what runs again."""
        self.slots[self.running].mark(BAD)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from .slot import Slot

