# SPDX-License-Identifier: MIT
"""What test_where.py adds to a copy of the checkout: one made-up thing of each sort, and scripts that use it."""

# --- a board: what the host tools read of it, a chip's `machine` in a few lines, and what the agent makes of it
BOARD_HOST = """
from nightlatch.flash.board import load
from nightlatch.link.boards import usb_ids
board = load("DUMMY")
(usb,) = [ids for ids, names in usb_ids().items() if names == ["DUMMY"]]
print(board.name, board.chip, *usb)
"""
MACHINE = """
def unique_id():
    return b"\\x01\\x02"


class Pin:
    IN, OUT, PULL_UP = 0, 1, 2

    def __init__(self, number, mode=0, pull=0, value=0):
        self.number = number

    def value(self, level=0):
        return level


class Timer:
    def __init__(self, number):
        pass


class Spi:
    def __init__(self, number, baudrate, sck, mosi, miso):
        self.baudrate = baudrate


SPI = Spi


class Flash:
    def ioctl(self, what, argument):
        return 4096 if what == 5 else 512  # bytes of a block, blocks
"""
BOARD_TARGET = """
from agent import hal
from agent.hal.board import Board
from wire import numbers as n
board = Board(hal.wiring())
bus = board.reader
print(board.board, "unlock", board.pins[n.UNLOCK].number, "store", board.flash.sectors, "reader", board.chip,
      "baud", bus._spi.baudrate)
"""

# --- a credential kind: whoever says its word is let in
KIND = '''
"""A made-up kind: the word is the key. Its tokens name their handle as a recovery code does."""

from wire import numbers as n
from wire import token as t


class Dummy:
    """See kinds.py."""

    def __init__(self, office):
        self._office = office

    def judge(self, link, nonce, token):
        """Opens to eight bytes of the nonce, given back."""
        cred = self._office.store.find(t.handle(token, bytes(4)))
        if cred is None or cred.kind != 6:
            return None
        if bytes(token[8:16]) != nonce[:8]:
            return bytes(16), False
        self._office.actuator.pulse(n.UNLOCK, 100)
        return b"dummy opened it.", True
'''
KIND_IMPORT = ("from .introduce import Introduction\n", "from . import dummy\nfrom .introduce import Introduction\n")
KIND_LINE = ("= {n.RECOVER: Recovery,", "= {0: dummy.Dummy, n.RECOVER: Recovery,")
KIND_TARGET = """
from tests.kit.target import ALL, BLE, Bench
from wire import numbers as n

b = Bench()
phone = b.enrol()
handle = b.store.next_handle()
b.store.enrol(handle, 6, n.ROLE_GUEST, ALL, "", bytes(16), bytes(16))


def token(key, nonce):
    head = bytes((n.PROTOCOL << 4,)) + key.to_bytes(2, "big") + bytes(5)
    return head + nonce[:8] + bytes(4)


answer, accepted = b.gate.present(BLE, token(handle, b.gate.challenge(BLE)))
print("known", accepted, answer, b.moved())
answer, accepted = b.gate.present(BLE, token(handle + 1, b.gate.challenge(BLE)))
print("stranger", accepted, len(answer), b.moved())
answer, accepted = b.gate.present(BLE, token(phone.handle, b.gate.challenge(BLE)))
print("phone's", accepted, len(answer), b.moved())
phone.handle, phone.chain = handle, bytes(16)
print("rolling", b.ask(phone)[0], b.moved())
"""

# --- a noun with a verb, and one more verb of a noun that is there
NOUN_TEXT = "a made-up noun"
NOUN = f'''
"""{NOUN_TEXT}"""

from ..output import Outcome
from ..parser import add_verb


def register(verbs):
    """Declare the verbs."""
    add_verb(verbs, "greet", greet, "say hello").add_argument("name")


def greet(context):
    """`dummy greet`."""
    greeting = f"hello, {{context.options.name}}"
    return Outcome({{"greeting": greeting}}, greeting)
'''
NOUN_LINE = (
    "\nNOUNS = (device, ",
    "\nfrom . import dummy\n\nNOUNS = (dummy, device, ",
)
VERB = (
    '    add_verb(verbs, "init", init, "make a new, empty vault")\n',
    '    add_verb(verbs, "init", init, "make a new, empty vault")\n    add_verb(verbs, "where", where, "its path")\n\n'
    "\ndef where(context):\n    return Outcome({}, str(context.vault_path()))\n",
)

# --- a reader chip: it always sees one phone, and that phone asks to unlock
CHIP = '''
"""A made-up chip."""

from .pn532 import ISO_DEP, Target


class Dummy:
    """See chips.py."""

    phone = None
    seen = []

    def __init__(self, bus, reset):
        self.wires = (bus, reset)

    async def start(self):
        self.seen.append("start")

    async def targets(self):
        return [Target(1, ISO_DEP, b"dumb")]

    async def select(self, number):
        return True

    async def field_off(self):
        self.seen.append("field off")

    async def exchange(self, number, data, more, limit_ms):
        return memoryview(b"\\x00" + self.phone(bytes(data)))
'''
CHIP_LINE = (
    'CHIPS = {"pn532": _pn532}',
    "def _dummy(bus, reset):\n    from .dummy import Dummy\n\n    return Dummy(bus, reset)\n\n\n"
    'CHIPS = {"pn532": _pn532, "dummy": _dummy}',
)
CHIP_TARGET = """
import asyncio
from agent.link.nfc import NfcLink
from agent.reader.dummy import Dummy
from tests.kit.target import Bench
from wire import numbers as n

b = Bench()
phone = b.enrol()


def answer(apdu):
    if apdu[1] == 0xA4:
        return bytes((n.PROTOCOL,)) + b"\\x90\\x00"
    return (phone.token(apdu[5:21]) if apdu[1] == 0x10 else b"") + b"\\x90\\x00"


Dummy.phone = staticmethod(answer)
link = NfcLink("bus", b.gate, b.clock, reset="reset", chip="dummy")


async def main():
    await link._chip.start()
    await link.look()


asyncio.run(main())
print(b.moved(), Dummy.seen, *link._chip.wires)
"""

# --- a message
MESSAGE = ("HELLO = (", 'DUMMY = (("what", "u16", 0, 0xFFFF), ("word", "text", 0, 8))\nHELLO = (')
MESSAGE_NUMBER = ("R_LOSSES = 40\n", "R_LOSSES = 40\nR_DUMMY = 99\n")
MESSAGE_HOST = """
from nightlatch.wire import messages as m
from nightlatch.wire import numbers as n
from nightlatch.wire import record
print((bytes([n.R_DUMMY]) + record.pack(m.DUMMY, {"what": 7, "word": "\\xe9est"})).hex())
"""
MESSAGE_TARGET = """
import sys
from wire import messages as m
from wire import numbers as n
from wire import record
data = bytes.fromhex(sys.argv[1])
values = record.unpack(m.DUMMY, data[1:])
assert data[0] == n.R_DUMMY
print(data[0], values["what"], values["word"])
"""
