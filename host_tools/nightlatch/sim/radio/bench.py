# SPDX-License-Identifier: MIT
"""The virtual radio: the agent's Bluetooth stack on a bumble air that any number of centrals can join."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from bumble import hci
from bumble.device import Device
from bumble.host import Host
from bumble.transport.common import AsyncPipeSink

from . import hci as radio_hci
from .agent import AgentLink
from .air import Air, AirController, quiet
from .car import CarRadio
from .events import Advert, AgentDown, AgentUp, Answer, Connected, Event, Listener, Token
from .frames import VERSION, FrameError, ToAir, unpack
from .table import Table

_POLL_S = 0.005


class Radio:
    """The bench's radio for one car. The agent finds it at socket_path, as often as it starts.

    listeners      told of every event
    before_token   called with a Token before the agent sees it, before_answer with an Answer before the central does
    drop_answers   how many of the next answers are lost on the air
    advert         the bytes that the car advertises now, b"" while it is silent
    address        what outside hosts may use to reach the car, whatever address it advertises with just now
    """

    def __init__(self, socket_path: str | Path) -> None:
        quiet()
        self.air = Air()
        self.listeners: list[Listener] = []
        self.before_token: Callable[[Token], None] | None = None
        self.before_answer: Callable[[Answer], None] | None = None
        self.drop_answers = 0
        self.advert = b""
        self._identity = self.air.new_address()
        self._path = Path(socket_path)
        self._server: asyncio.Server | None = None
        self._agent: AgentLink | None = None
        self._car: CarRadio | None = None
        self._serving: asyncio.Task[None] | None = None
        self._chores: set[asyncio.Task[None]] = set()
        self._centrals: dict[Device, AirController] = {}
        self._hci: list[radio_hci.HciServer] = []

    async def start(self) -> None:
        """Listens for the agent. Raises OSError when the path can't be had."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._on_agent, self._path)

    async def stop(self) -> None:
        """Ends everything: the agent's link, centrals, outside hosts."""
        for server in self._hci:
            await server.close()
        self._hci.clear()
        for device in list(self._centrals):
            self.release(device)
        if self._server is not None:
            self._server.close()
        if self._agent is not None:
            self._agent.close()
        if self._serving is not None:
            await asyncio.gather(self._serving, return_exceptions=True)
        for chore in list(self._chores):
            chore.cancel()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None
        self._path.unlink(missing_ok=True)

    @property
    def address(self) -> str:
        """The car's standing address on this air."""
        return str(self._identity).removesuffix("/P")

    @property
    def advertising(self) -> bool:
        """Whether the car can be found just now."""
        return bool(self.advert)

    @property
    def connected(self) -> int:
        """How many centrals are connected to the car."""
        return self._car.links if self._car else 0

    async def ready(self, timeout: float = 5.0) -> None:
        """Waits until the car advertises. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while not self.advert:
                await asyncio.sleep(_POLL_S)

    async def central(self, name: str) -> Device:
        """A new central on the air, powered on, with a static random address of its own."""
        controller = AirController(name, self.air)
        host = Host(controller, AsyncPipeSink(controller))
        device = Device(name=name, address=hci.Address.generate_static_address(), host=host)
        self._centrals[device] = controller
        await device.power_on()
        return device

    def release(self, device: Device) -> None:
        """Takes a central off the air; the car sees its link time out."""
        self._centrals.pop(device).switch_off()

    async def serve_hci(self, spec: str) -> str:
        """Gives outside hosts controllers on this air; returns what they open (radio_hci.serve has the specs)."""
        server = await radio_hci.serve(self.air, spec)
        self._hci.append(server)
        return server.url

    # --- the agent

    async def _on_agent(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        before, self._serving = self._serving, asyncio.current_task()
        if self._agent is not None:
            self._agent.close()
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        self._agent = agent = AgentLink(reader, writer)
        session = _Session(self, agent)
        self.tell(AgentUp())
        try:
            await agent.serve(session.take)
        finally:
            self._drop_car()
            self._agent = None
            self.tell(AgentDown())

    def _drop_car(self) -> None:
        car, self._car = self._car, None
        if car is not None:
            car.stop()
        self._fall_silent()

    def _fall_silent(self) -> None:
        if self.advert:
            self.tell(Advert("", b""))

    async def put_on_air(self, agent: AgentLink, mtu: int, table: Table) -> None:
        """The agent's table is whole: a peripheral speaks for it from here on."""
        self._drop_car()
        self._car = CarRadio(self.air, self._identity, agent, mtu, table, self.tell, self._lose)
        await self._car.start()

    async def carry(self, kind: ToAir, fields: bytes) -> None:
        """What the agent asks of its peripheral. Raises FrameError."""
        car = self._car
        if kind == ToAir.OFF:
            self._drop_car()
        elif car is None:
            raise FrameError(f"{kind.name} before a table")
        elif kind == ToAir.ADVERTISE:
            await car.advertise(fields)
        elif kind == ToAir.SILENT:
            await car.silence()
            self._fall_silent()
        elif kind == ToAir.NOTIFY:
            await car.notify(fields)
        elif kind == ToAir.UPDATED:
            await car.update(fields)
        elif kind == ToAir.HANG_UP:
            self._chore(car.hang_up(fields))
        elif kind == ToAir.INDICATE:
            self._chore(car.indicate(fields))
        else:
            raise FrameError(f"{kind.name} out of place")

    def _chore(self, work: Awaitable[None]) -> None:
        async def run() -> None:
            with contextlib.suppress(FrameError):
                await work

        task = asyncio.create_task(run())
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    def _lose(self) -> bool:
        if self.drop_answers <= 0:
            return False
        self.drop_answers -= 1
        return True

    def tell(self, event: Event) -> None:
        """Passes an event to the hooks and the listeners."""
        if isinstance(event, Advert):
            self.advert = event.data
        elif isinstance(event, Connected):
            self.advert = b""  # the car falls silent when somebody answers
        elif isinstance(event, Token) and self.before_token:
            self.before_token(event)
        elif isinstance(event, Answer) and self.before_answer:
            self.before_answer(event)
        for listener in list(self.listeners):
            listener(event)


class _Session:
    """One agent's frames, from HELLO on."""

    def __init__(self, radio: Radio, agent: AgentLink) -> None:
        self._radio = radio
        self._agent = agent
        self._mtu = 0
        self._table = Table()

    async def take(self, kind: ToAir, fields: bytes) -> None:
        if kind == ToAir.HELLO:
            version, self._mtu = unpack("BH", fields)
            if version != VERSION:
                raise FrameError(f"frames of version {version}")
        elif not self._mtu:
            raise FrameError(f"{kind.name} before HELLO")
        elif ToAir.TABLE <= kind <= ToAir.READY:
            if self._table.add(kind, fields):
                await self._radio.put_on_air(self._agent, self._mtu, self._table)
        else:
            await self._radio.carry(kind, fields)
