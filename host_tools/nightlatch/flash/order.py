# SPDX-License-Identifier: MIT
"""One job of flashing, whatever the board: the files are read and checked, then a device is opened, asked, written."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from ..device.client import DeviceClient
from ..device.types import Hello
from ..errors import Interrupted, UsageError
from ..link import choose
from . import drive as drives
from . import espplan, program, uf2job
from .board import Board, load, names
from .plan import Plan, read_image
from .state import State

if TYPE_CHECKING:
    pass

Tell = Callable[[str, int, int], None]


class Device(Protocol):
    """A device that waits to be flashed. Use it in a with statement."""

    name: str

    def plan(self) -> Plan:
        """What a write would do to this very device."""

    def unfinished(self) -> str | None:
        """A line about an earlier flash that was cut short; None if there was none."""

    def write(self, plan: Plan, tell: Tell) -> int:
        """Write and verify; how many bytes it took. Raises Interrupted, Mismatch."""

    def started(self, port: str | None, patience: float, tell: Tell) -> Hello | None:
        """What the agent says once it runs; None if it is not heard within `patience` seconds, or need not be."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True)
class Order:
    """What is to be flashed. `agent` goes with a stock image for an ESP32; `firmware` is what HELLO must tell."""

    board: Board
    image: Path
    data: bytes
    agent: espplan.Agent | None = None
    erase_store: bool = False
    firmware: str | None = None
    others: tuple[str, ...] = ()
    state: State | None = None

    @classmethod
    def read(
        cls,
        board: str,
        image: Path,
        sidecar: Path | None = None,
        erase_store: bool = False,
        firmware: str | None = None,
        boards: Path | None = None,
    ) -> "Order":
        """Read board and files. Raises UsageError, BadImage, Mismatch for a checksum."""
        found, others = load(board, boards), tuple(names(boards))
        return cls(found, image, read_image(image, sidecar), None, erase_store, firmware, others, State())

    def stock(self) -> bool:
        """Whether no agent is in the image. Raises BadImage, Mismatch."""
        if self.board.method != "esptool":
            return False
        return not program.look(espplan.program_of(self.board, self.data).data).ours

    def with_agent(self, agent: espplan.Agent) -> "Order":
        """The same with an agent beside the image."""
        return replace(self, agent=agent)

    def plan(self, present: espplan.Present | None = None, device: str | None = None) -> Plan:
        """The plan; without `present` from the files alone."""
        if self.board.method == "uf2":
            return uf2job.plan(self.board, self.image, self.data, self.others, self.erase_store, device)
        return espplan.plan(self.board, self.image, self.data, self.agent, self.others, present, self.erase_store)

    def device(self, port: str | None, drive: Path | None) -> Device:
        """The device at a port's URL or a drive's path, or the only one. The plan is made before anything is opened."""
        self.plan()
        if self.board.method == "uf2":
            return _Uf2Device(self, drive)
        if drive is not None:
            raise UsageError(f"{self.board.name} has no boot ROM with a drive", "name its port with --port")
        return _EspDevice(self, port)

    def verify(self, port: str | None, tell: Tell, timeout: float = 3.0) -> tuple[str, Hello | None]:
        """The device's name, and what its agent says where that is the proof. Mismatch unless it holds the image."""
        made = self.plan()
        if self.board.method == "uf2":
            url = choose(port, board=self.board.name)
            with DeviceClient.open(url, timeout) as client:
                hello = client.hello()
            uf2job.seen(self.board, hello, url, self._state(), self.firmware)
            return url, hello
        from . import espjob

        with _EspDevice(self, port) as device:
            espjob.verify(device.rom, made, self._state(), tell)
            return device.name, None

    def _state(self) -> State:
        return self.state or State()


class _EspDevice:
    def __init__(self, order: Order, port: str | None) -> None:
        from .rom import Rom

        self._order = order
        self.rom: Rom = Rom(choose(port, board=order.board.name))
        self.name = self.rom.serial

    def plan(self) -> Plan:
        return self._order.plan(self.rom.look(self._order.board))

    def unfinished(self) -> str | None:
        pending = self._order._state().pending(self.name)
        if pending is None:
            return None
        other = "" if pending.digest == self._order.plan().digest else ", of another image: all is compared anew"
        return f"an earlier flash was cut short after {pending.done} of {pending.steps} steps{other}"

    def write(self, plan: Plan, tell: Tell) -> int:
        from . import espjob

        return espjob.write(self.rom, plan, self._order._state(), tell)

    def started(self, port: str | None, patience: float, tell: Tell) -> Hello | None:
        return None  # its digests said all: nobody has to answer

    def __enter__(self) -> Self:
        try:
            self.rom.check(self._order.board)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, Interrupted):  # a car that was only looked at goes on; a lost line takes no reset
            self.rom.reset()
        self.rom.close()


class _Uf2Device:
    def __init__(self, order: Order, drive: Path | None) -> None:
        self._order = order
        self._drive = drives.find(drive)
        self.name = self._drive.board_id

    def plan(self) -> Plan:
        return self._order.plan(device=self.name)

    def unfinished(self) -> str | None:
        pending = self._order._state().pending(uf2job.device_of(self._order.board))
        return None if pending is None else "the last flash of such a board was not seen to its end"

    def write(self, plan: Plan, tell: Tell) -> int:
        uf2job.write(self._drive, plan, self._order._state(), tell)
        return plan.size

    def started(self, port: str | None, patience: float, tell: Tell) -> Hello | None:
        board = self._order.board
        heard = uf2job.await_hello(board, port, tell, patience)
        if heard is None:
            return None
        uf2job.seen(board, heard[1], heard[0], self._order._state(), self._order.firmware)
        return heard[1]

    def __enter__(self) -> Self:
        drives.check(self._drive, self._order.board)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """A drive needs no closing."""
