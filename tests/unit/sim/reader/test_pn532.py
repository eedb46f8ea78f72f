# SPDX-License-Identifier: MIT
"""The virtual PN532, frame by frame: what the user manual says that the chip does (NXP UM0701-02)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.sim.cards.held import Card
from nightlatch.sim.reader.field import Field
from nightlatch.sim.reader.frame import ACK, NACK, Frame, Kind, Splitter, pack
from nightlatch.sim.reader.pn532 import Pn532Model

WAKE = b"\x55\x55" + bytes(14)
ERROR = b"\x7f"
ONE_A = "4a0100"


class Echo(Card):
    """Answers each APDU with itself, repeated to a given length, and counts its resets."""

    def __init__(self, uid: str = "04a1b2c3", size: int = 0) -> None:
        super().__init__(bytes.fromhex(uid))
        self._size = size
        self.resets = 0

    def transceive(self, apdu: bytes) -> bytes:
        return (apdu * (self._size // len(apdu) + 1))[: self._size or len(apdu)]

    def reset(self) -> None:
        self.resets += 1


class Host:
    """The host's end of the line: sends commands, collects what comes back."""

    def __init__(self, awake: bool = True) -> None:
        self.field = Field()
        self.heard = b""
        self.model = Pn532Model(self.field, self._hear)
        if awake:
            self.model.feed(WAKE)

    def _hear(self, data: bytes) -> None:
        self.heard += data

    def frames(self) -> list[Frame]:
        """What came since the last call."""
        heard, self.heard = self.heard, b""
        return list(Splitter().push(heard))

    async def send(self, command: str) -> list[Frame]:
        """Sends D4 and a command in hex; what came back after a moment."""
        self.model.feed(pack(b"\xd4" + bytes.fromhex(command)))
        await asyncio.sleep(0.001)
        return self.frames()

    async def ask(self, command: str) -> str:
        """Sends a command, takes ACK and answer for granted; the answer behind D5, or 7f, in hex."""
        ack, answer = await self.send(command)
        assert ack.kind is Kind.ACK
        return answer.data.hex().removeprefix("d5")


def script(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """An ordinary test of a coroutine."""

    def run() -> None:
        asyncio.run(asyncio.wait_for(test(), 10))

    run.__doc__ = test.__doc__
    return run


@script
async def test_sleeps_until_five_edges() -> None:
    """Power-up: a command without a wake-up is lost; 55 alone has five rising edges, a zero byte has one."""
    for wake, awake in ((b"\x55", True), (bytes(4), False), (bytes(5), True), (b"\xff" * 5, True)):
        host = Host(awake=False)
        host.model.feed(wake)
        assert host.model.chip.asleep != awake
    host = Host(awake=False)
    assert await host.send("02") == []
    assert await host.ask("02") == "0332010607"


@script
async def test_answers_of_the_manual() -> None:
    """Version, settings, registers, line test, status: as documented."""
    host = Host()
    assert await host.ask("02") == "0332010607"
    assert await host.ask("14010001") == "15"
    assert await host.ask("1214") == "13"
    assert await host.ask("3205ff0102") == "33"
    assert await host.ask("0863020163048f") == "09"
    assert await host.ask("066302633963 04".replace(" ", "")) == "0701008c"
    assert await host.ask("0000aabb") == "0100aabb"
    assert await host.ask("0001") == "0100"
    assert await host.ask("04") == "0500000000"
    assert await host.ask("0e8180") == "0f" and await host.ask("0c") == "0d010000"


@script
async def test_nonsense_gets_an_error_frame() -> None:
    """Unknown commands and wrong parameters: ACK, then the syntax error frame; nothing changes."""
    host = Host()
    for command in (
        "ff",
        "320500",
        "3299",
        "1400",
        "4a0300",
        "4a0105",
        "0600",
        "0811",
        "10ff",
        "40",
        "54",
        "8c00",
    ):
        assert await host.ask(command) == "7f", command


@script
async def test_lists_cards() -> None:
    """106 kbit/s type A with and without ATS, by UID, two at most; the other kinds find nobody."""
    host = Host()
    await host.ask("3205ff0100")
    assert await host.ask(ONE_A) == "4b00"
    assert host.field.power and host.field.empty_looks == 1
    first, second, third = Echo(), Echo("04112233445566"), Echo("deadbeef")
    third.sak = 0
    for card in (first, second, third):
        host.field.enter(card)
    assert await host.ask("4a0200") == "4b02010004200404a1b2c305788081020200042007041122334455660578808102"
    assert await host.ask("4a01008804112233445566") == "4b010100042007041122334455660578808102"
    assert await host.ask("4a0100deadbeef") == "4b010100040004deadbeef"
    assert await host.ask("4a010001020304") == "4b00"
    for kind in ("4a010100ffff0100", "4a010200ffff0100", "4a010300", "4a0104"):
        assert await host.ask(kind) == "4b00"
    await host.ask("1204")
    assert await host.ask(ONE_A) == "4b01010004200404a1b2c3"


@script
async def test_waits_for_ever_when_told_to() -> None:
    """Retries FFh: no answer until a card comes, or the host aborts, or sends something else."""
    host = Host()
    assert [frame.kind for frame in await host.send(ONE_A)] == [Kind.ACK]
    card = Echo()
    host.field.enter(card)
    await asyncio.sleep(0.001)
    assert [frame.data[:3].hex() for frame in host.frames()] == ["d54b01"]
    host.field.leave(card)
    assert [frame.kind for frame in await host.send(ONE_A)] == [Kind.ACK]
    host.model.feed(ACK)
    host.field.enter(card)
    await asyncio.sleep(0.001)
    assert host.frames() == []
    host.field.leave(card)
    await host.send(ONE_A)
    assert await host.ask("02") == "0332010607"


@script
async def test_exchanges_apdus() -> None:
    """Status, chaining both ways, wrong target, a card that left, one without ISO-DEP, the field switched off."""
    host = Host()
    card = Echo()
    assert await host.ask("4001aa") == "4127"
    host.field.enter(card)
    await host.ask(ONE_A)
    assert await host.ask("400180ca") == "410080ca"
    assert await host.ask("4002aa") == "4127"
    assert await host.ask("4041aabb") == "4100"
    assert await host.ask("4001cc") == "4100aabbcc"
    host.field.leave(card)
    assert await host.ask("4001aa") == "4101"
    long = Echo(size=600)
    host.field.enter(long)
    await host.ask(ONE_A)
    parts = [await host.ask(command) for command in ("4001ab", "4001", "4001")]
    assert [part[:4] for part in parts] == ["4140", "4140", "4100"]
    assert "".join(part[4:] for part in parts) == "ab" * 600
    before = long.resets
    assert await host.ask("320100") == "33"
    assert long.resets == before + 1
    assert await host.ask("4001aa") == "4127"
    long.sak = 0
    await host.ask(ONE_A)
    assert await host.ask("4001aa") == "4101"


@script
async def test_selects_and_releases() -> None:
    """Two targets: one at a time, deselected or released they start anew."""
    host = Host()
    one, two = Echo(), Echo("01020304")
    host.field.enter(one)
    host.field.enter(two)
    await host.ask("4a0200")
    counts = one.resets, two.resets
    assert await host.ask("5402") == "5500"
    assert (one.resets, two.resets) == (counts[0] + 1, counts[1])
    assert await host.ask("5403") == "5527"
    assert await host.ask("4e010000") == "4f00"
    assert await host.ask("4401") == "4500"
    assert await host.ask("5202") == "5300"
    assert await host.ask("4002aa") == "4127"
    assert await host.ask("5200") == "5300"
    assert await host.ask("04") == "0500000000"


@script
async def test_nack_repeats_and_ack_aborts() -> None:
    """NACK has the last answer sent again; after an ACK a command is never answered."""
    host = Host()
    card = Echo()
    card.delay = 0.02
    host.field.enter(card)
    await host.ask("02")
    host.model.feed(NACK)
    assert [frame.data.hex() for frame in host.frames()] == ["d50332010607"]
    await host.ask(ONE_A)
    assert [frame.kind for frame in await host.send("4001aa")] == [Kind.ACK]
    host.model.feed(ACK)
    await asyncio.sleep(0.04)
    assert host.frames() == []
    assert host.field.trace == []


@script
async def test_baud_rate_and_power_down() -> None:
    """The new rate holds after the host's ACK; a sleeping chip hears nothing."""
    host = Host()
    assert await host.ask("1008") == "11"
    assert host.model.chip.baud == 115200
    host.model.feed(ACK)
    assert host.model.chip.baud == 1288000
    assert await host.ask("16f0") == "1700"
    assert await host.send("02") == []
    assert await host.ask("02") == "0332010607"


@script
async def test_as_a_target_it_waits() -> None:
    """Nobody selects it; commands of a target say that it is none."""
    host = Host()
    assert [frame.kind for frame in await host.send("8c00" + "00" * 37)] == [Kind.ACK]
    assert await host.ask("86") == "8725"
    assert await host.ask("8a") == "8b0000"
    assert await host.ask("56010000") == "5701"


@script
async def test_without_ambles() -> None:
    """SetParameters bit 6: answers without preamble and postamble."""
    host = Host()
    await host.ask("1254")
    host.model.feed(pack(b"\xd4\x02"))
    await asyncio.sleep(0.001)
    assert host.heard == ACK + pack(bytes.fromhex("d50332010607"), ambles=False)


@given(
    st.lists(
        st.one_of(st.binary(max_size=60), st.binary(max_size=20).map(lambda p: pack(b"\xd4" + p))), max_size=8
    )
)
def test_any_bytes_leave_it_well(pieces: list[bytes]) -> None:
    """Whatever is sent, the next sensible command is answered."""

    async def body() -> None:
        host = Host()
        host.field.enter(Echo())
        for piece in pieces:
            host.model.feed(piece)
            await asyncio.sleep(0)
        host.model.feed(bytes(300) + ACK)
        host.frames()
        host.model.feed(WAKE)
        assert await host.ask("02") == "0332010607"

    asyncio.run(body())


@pytest.mark.parametrize("size", [0, 266])
def test_frames_have_bounds(size: int) -> None:
    """No frame holds less than one byte or more than 265."""
    with pytest.raises(ValueError):
        pack(bytes(size))
