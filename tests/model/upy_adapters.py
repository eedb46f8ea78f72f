# SPDX-License-Identifier: MIT
"""Runs under both interpreters: the adapters over flash as the ports show it, and the real store over the adapters."""

import gc
import os
import sys

from agent.errors import StoreError
from agent.store.flash.esp32nor import Esp32Nor
from agent.store.flash.filenor import FileNor
from agent.store.flash.rp2nor import Rp2Nor
from agent.store.journal import Journal
from agent.store.tables import CONFIG, Store
from tests.model.blocks import BLOCK, PAGE, Partition, PicoFlash
from tests.power.world import World, look

FIRST, SECTORS = 5, 12


class Silent:
    """Takes everything and does nothing: what is allocated meanwhile is the adapter's."""

    def info(self):
        return (1, 64, 0, 0, "store", False)

    def readblocks(self, block, buf, offset):
        return 0

    def writeblocks(self, block, buf, offset):
        return 0

    def ioctl(self, op, arg):
        return BLOCK if op == 5 else (20 if op == 4 else 0)


class Odd(Partition):
    """Blocks of another size, or of none that is known."""

    size: "int | None" = 0

    def ioctl(self, op, arg):
        return self.size if op == 5 else 8


def both():
    """(adapter, flash, address where its region starts)."""
    for base, kind, nor in ((0, Partition, Esp32Nor), (FIRST, Partition, Esp32Nor), (FIRST, PicoFlash, Rp2Nor)):
        gc.collect()
        flash = kind(base + SECTORS + 3 * (base > 0))
        yield nor(flash, base, SECTORS), flash, base * BLOCK


def refuses(error, call, *args):
    try:
        call(*args)
    except error:
        return True
    return False


def test_geometry():
    for nor, _, _ in both():
        assert (nor.sectors, nor.sector_size, nor.page_size) == (SECTORS, BLOCK, PAGE)


def test_read_program_erase():
    for nor, flash, base in both():
        nor.program(2 * BLOCK + 250, b"abcdef")
        nor.program(2 * BLOCK + 251, memoryview(b"\x00\xff"))
        got = bytearray(8)
        nor.read(2 * BLOCK + 249, got)
        assert bytes(got) == b"\xffa\x00cdef\xff"
        assert bytes(flash.data[base + 2 * BLOCK + 250 : base + 2 * BLOCK + 256]) == b"a\x00cdef"
        nor.program(3 * BLOCK, bytes(PAGE))
        across = memoryview(bytearray(9))
        nor.read(3 * BLOCK - 4, across)
        assert bytes(across) == b"\xff\xff\xff\xff" + bytes(5)
        nor.erase(2)
        nor.read(2 * BLOCK + 249, got)
        assert bytes(got) == b"\xff" * 8 and flash.data[base + 3 * BLOCK] == 0
        assert [entry for entry in flash.log if entry[0] == "erase"] == [("erase", base + 2 * BLOCK, BLOCK)]


def test_a_program_is_never_an_erase():
    for nor, flash, _ in both():
        nor.program(0, b"\x00")
        nor.program(1, b"\x00")
        assert [entry[0] for entry in flash.log] == ["write", "write"] and bytes(flash.data).count(b"\x00") == 2


def test_bounds():
    end = SECTORS * BLOCK
    for nor, flash, _ in both():
        for addr, size in ((-1, 1), (end, 1), (end - 1, 2), (-BLOCK, 4), (end + BLOCK, 1)):
            assert refuses(OSError, nor.read, addr, bytearray(size)), (addr, size)
            assert refuses(OSError, nor.program, addr, bytes(size)), (addr, size)
        for sector in (-1, SECTORS, SECTORS + 1):
            assert refuses(OSError, nor.erase, sector), sector
        for addr, size in ((PAGE - 1, 2), (0, PAGE + 1), (3, PAGE)):
            assert refuses(OSError, nor.program, addr, bytes(size)), (addr, size)
        assert flash.log == []
        nor.read(end - 1, bytearray(1))
        nor.program(end - PAGE, bytes(PAGE))
        nor.erase(SECTORS - 1)
        assert len(flash.log) == 2


def test_what_is_no_region():
    gc.collect()
    flash = PicoFlash(8)
    for first, sectors in ((-1, 4), (0, 9), (5, 4), (8, 1), (3, 0), (3, -1)):
        assert refuses(StoreError, Rp2Nor, flash, first, sectors), (first, sectors)
        assert refuses(StoreError, Esp32Nor, Partition(8), first, sectors), (first, sectors)
    Rp2Nor(flash, 0, 8)
    Rp2Nor(flash, 7, 1)
    assert refuses(StoreError, Esp32Nor, Partition(0))
    for size in (512, None):
        odd = Odd(8)
        odd.size = size
        assert refuses(StoreError, Esp32Nor, odd) and refuses(StoreError, Rp2Nor, odd, 0, 4)


def test_an_encrypted_partition():
    partition = Partition(8)
    partition.encrypted = True
    assert refuses(StoreError, Esp32Nor, partition)


def test_failures_are_oserrors_and_the_store_says_so():
    for by_number in (False, True):
        for nor, flash, _ in both():
            store = Store(Journal(nor))
            store.mount()
            store.put(CONFIG, b"kept")
            flash.by_number = by_number
            flash.refuse = ("read", "write", "erase")
            assert refuses(OSError, nor.read, 0, bytearray(1))
            assert refuses(OSError, nor.program, 0, b"\x00")
            assert refuses(OSError, nor.erase, 0)
            assert refuses(StoreError, Store(Journal(nor)).mount)
            flash.refuse = ("write",)
            assert refuses(StoreError, store.put, CONFIG, b"lost")
            flash.refuse = ()
            again = Store(Journal(nor))
            again.mount()
            assert again.get(CONFIG) == b"kept"


def test_the_store_lives_there():
    for nor, flash, base in both():
        store = Store(Journal(nor))
        store.mount()
        world = World()
        for _ in range(3):
            world.enrol(store)
        turns = 0
        while turns < 500:
            world.step(store, turns % 3)
            world.log(store)
            world.put(store, CONFIG, turns, 16)
            world.dead.clear()
            if turns % 20 == 0:
                gc.collect()
            store.maintain()
            turns += 1
            if turns % 100 == 0:
                while store.maintain():
                    pass
                store = Store(Journal(nor))
                store.mount()
                assert look(store) == world.view() and store.damage() == 0
        assert flash.erases > SECTORS, "it went round"
        end = base + SECTORS * BLOCK
        assert all(flash.data[at] == 0xFF for at in range(len(flash.data)) if not base <= at < end)
        assert base <= flash.low and flash.high <= end


def test_nothing_grows():
    """What an operation takes from the heap: nothing, or a slice object for the page of a Pico."""
    if sys.implementation.name != "micropython":
        tracemalloc = __import__("tracemalloc")

        start, used = tracemalloc.start, lambda: tracemalloc.get_traced_memory()[0]
        start()
    else:
        gc.collect()
        gc.disable()
        used = gc.mem_alloc
    buf, data = bytearray(200), bytes(40)
    silent = Silent()
    for nor, most in ((Esp32Nor(silent), 0), (Rp2Nor(silent, 4, 12), 128)):
        for call, args, limit in (
            (nor.read, (4000, buf), 0),
            (nor.program, (4100, data), most),
            (nor.erase, (3,), 0),
        ):
            call(*args)
            before = used()
            for _ in range(50):
                call(*args)
            # the loop's own iterator, and CPython's bookkeeping, are some hundred bytes however often it turns
            assert (used() - before) // 50 <= limit + 16, (nor, limit, used() - before)
    if sys.implementation.name == "micropython":
        gc.enable()
    else:
        tracemalloc.stop()


def test_a_file():
    path = "nor-%d.img" % id(both)
    try:
        nor = FileNor(path, sectors=8, sector_size=2048, page_size=16)
        assert os.stat(path)[6] == 8 * 2048
        nor.program(2048 + 3, b"abc")
        nor.program(2048 + 3, b"\xff\x00\xff")
        got = bytearray(5)
        FileNor(path, sectors=8, sector_size=2048, page_size=16).read(2048 + 2, got)
        assert bytes(got) == b"\xffa\x00c\xff"
        nor.program(4096, b"z")
        nor.erase(1)
        nor.read(2048 + 2, got)
        assert bytes(got) == b"\xff" * 5
        nor.read(4096, got)
        assert bytes(got[:2]) == b"z\xff"
        for addr, size in ((15, 2), (0, 17), (8 * 2048, 1)):
            assert refuses(OSError, nor.program, addr, bytes(size)), (addr, size)
        assert refuses(OSError, nor.erase, 8) and refuses(OSError, nor.erase, -1)
        assert refuses(OSError, nor.read, 8 * 2048 - 2, bytearray(4))
        assert refuses(StoreError, FileNor, path, 9, 2048, 16), "an image of another size is no blank one"
        assert os.stat(path)[6] == 8 * 2048 and path + ".new" not in os.listdir(".")
    finally:
        os.remove(path)


def test_a_file_takes_no_sector_of_heap():
    path = "nor-%d.img" % id(both)
    try:
        if sys.implementation.name == "micropython":
            gc.collect()
            gc.disable()
            before = gc.mem_alloc()
            nor = FileNor(path, sectors=4)
            made = gc.mem_alloc() - before
            before = gc.mem_alloc()
            nor.erase(1)
            gc.enable()
            assert made < 4096 and gc.mem_alloc() - before < 512, made
        else:
            nor = FileNor(path, sectors=4)
            nor.erase(1)
        assert os.stat(path)[6] == 4 * 4096
    finally:
        os.remove(path)


if __name__ == "__main__":
    from tests.model.cases import run

    run(globals())
