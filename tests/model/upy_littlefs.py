# SPDX-License-Identifier: MIT
"""Runs under MicroPython: its own littlefs in the front of a Pico's flash, the store behind it."""

import vfs

from agent.store.flash.rp2nor import Rp2Nor
from agent.store.journal import Journal
from agent.store.tables import CONFIG, Store
from tests.model.blocks import PicoFlash
from tests.model.cases import run

FIRST, SECTORS = 8, 10


class Front(PicoFlash):
    """rp2.Flash(len=…) over the first blocks of another."""

    def __init__(self, whole: PicoFlash, count: int) -> None:
        super().__init__(0)
        self.data, self.count = whole.data, count


def files(flash: PicoFlash, count: int) -> "vfs.VfsLfs2":
    front = Front(flash, count)
    vfs.VfsLfs2.mkfs(front, progsize=256)
    made = vfs.VfsLfs2(front, progsize=256)
    made.mount(False, False)
    return made


def write(made: "vfs.VfsLfs2", text: str) -> None:
    file = made.open("main.py", "w")
    file.write(text)
    file.close()


def read(made: "vfs.VfsLfs2") -> str:
    file = made.open("main.py", "r")
    text = file.read()
    file.close()
    return text


def test_side_by_side() -> None:
    flash = PicoFlash(FIRST + SECTORS)
    made = files(flash, FIRST)
    store = Store(Journal(Rp2Nor(flash, FIRST, SECTORS)))
    store.mount()
    for turn in range(60):
        write(made, "%d" % turn * 1500)
        store.put(CONFIG, bytes((turn,)) * 60)
        while store.maintain():
            pass
    assert read(made) == "59" * 1500
    again = Store(Journal(Rp2Nor(flash, FIRST, SECTORS)))
    again.mount()
    assert again.get(CONFIG) == bytes((59,)) * 60 and again.damage() == 0


def test_a_file_system_that_was_left_there_stops_nothing() -> None:
    """A stock image made one over all of it; or what stands there is half an update, put together to look like one."""
    for count in (FIRST + 1, FIRST + SECTORS):
        flash = PicoFlash(FIRST + SECTORS)
        write(files(flash, count), "x" * 5000)
        for first, sectors in ((0, 4), (4, 4), (FIRST, SECTORS)):
            Rp2Nor(flash, first, sectors)
        for sector in range(SECTORS):
            flash.ioctl(6, FIRST + sector)
        store = Store(Journal(Rp2Nor(flash, FIRST, SECTORS)))
        store.mount()
        store.put(CONFIG, b"kept")
        again = Store(Journal(Rp2Nor(flash, FIRST, SECTORS)))
        again.mount()
        assert again.get(CONFIG) == b"kept" and again.damage() == 0


run(globals())
