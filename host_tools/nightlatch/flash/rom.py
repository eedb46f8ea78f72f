# SPDX-License-Identifier: MIT
"""An ESP32's ROM loader, through esptool: what it is, what it holds, write, digest, reset.

The loader's own commands are used, not esptool's stub: one state less that a cut can leave behind. esptool prints; its
logger is replaced by a silent one. Its own retries are off: a lost line is told, and `flash write` goes on from there.
"""

import contextlib
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import serial
from esp_pylib.logger import EspLog, EspLogBase
from esptool import cmds
from esptool.reset import ResetStrategy
from esptool.util import FatalError, PrintOnce

from ..errors import Mismatch, NoDevice, Refused, UsageError
from ..link.serial_link import explain
from ..link.url import LinkUrl
from .board import SECTOR, STORE, Board
from .errors import BadImage, cut_short, wrong_board
from .espplan import BLANK, FILES, FOREIGN, OURS, ROOT, Present
from .partitions import TABLE_AT, TABLE_SIZE, Partition, from_binary
from .plan import Step

NAMES = {"esp32s3": "ESP32-S3", "esp32c3": "ESP32-C3"}
BAUD = 460800
MARK = b"NLM"  # a sector of the store begins with this and the digit of its layout
_ENTER = "hold BOOT (GPIO0 or GPIO9 to ground), press reset, release BOOT, then run it again"
_BROKEN = (FatalError, serial.SerialException, OSError)


class _Silent(EspLogBase):
    def print(self, *args: Any, **kwargs: Any) -> None: ...
    def err(self, *args: Any, suggestion: str | None = None) -> None: ...
    def warn(self, *args: Any, suggestion: str | None = None) -> None: ...
    def note(self, *args: Any) -> None: ...
    def hint(self, *args: Any) -> None: ...
    def debug(self, *args: Any) -> None: ...
    def set_verbosity(self, mode: int | str) -> None: ...
    def progress_bar(self, *args: Any, **kwargs: Any) -> None: ...


ResetStrategy.print_once = PrintOnce(_Silent().warn)  # it holds the logger of the time of its import


class Rom:
    """A connection to the loader. Use it in a with statement."""

    def __init__(self, url: str, attempts: int = 7) -> None:
        """Connects and identifies. Raises NoDevice, PortUnavailable, Refused for a locked chip."""
        self.url = url
        self._port = _open(LinkUrl.parse(url))
        self._logger = EspLog.instance
        EspLog.set_logger(_Silent())
        try:
            self._esp = cmds.detect_chip(self._port, 115200, "default-reset", False, attempts)
            self._esp.WRITE_FLASH_ATTEMPTS = 1
            self._refuse_locked()
            cmds.attach_flash(self._esp)
            self.serial = "".join(f"{byte:02x}" for byte in self._esp.read_mac("BASE_MAC") or ())
            self._size = cmds.detect_flash_size(self._esp)
        except _BROKEN as error:
            self.close()
            raise NoDevice(f"no ESP32 loader answers ({_line(error)})", _ENTER, code="no_answer", device=url) from None
        except Refused:
            self.reset()
            self.close()
            raise

    def _refuse_locked(self) -> None:
        hint = "such a chip takes only signed or encrypted images, over the update path"
        for locked, name in (
            (self._esp.secure_download_mode, "secure download mode"),
            (self._esp.get_secure_boot_enabled(), "secure boot"),
            (self._esp.get_flash_encryption_enabled(), "flash encryption"),
        ):
            if locked:
                raise Refused(f"{name} is on; nothing was written", hint, code="locked_chip", device=self.url)

    def check(self, board: Board) -> None:
        """Raises Mismatch unless chip and flash are those of the board."""
        wanted = NAMES[board.chip]
        if wanted != self._esp.CHIP_NAME:
            raise wrong_board(f"{self.url}: this is an {self._esp.CHIP_NAME}, {board.name} has an {wanted}")
        if self.flash_size < board.flash_size:
            have, want = self.flash_size >> 20, board.flash_size >> 20
            hint = "nothing was written; take a board with more flash, or another board's folder"
            text = f"its flash has {have} MB, {board.name} wants {want}" if have else "its flash does not answer"
            raise Mismatch(text, hint, code="flash_size", device=self.url)

    @property
    def flash_size(self) -> int:
        """Bytes; 0 where the flash chip does not say."""
        text = self._size or "0MB"
        return int(text[:-2]) << (20 if text.endswith("MB") else 10)

    def look(self, board: Board) -> Present:
        """What is on the chip, in a second or two."""
        with self._asking():
            raw = self._esp.read_flash(TABLE_AT, TABLE_SIZE)
            store = board.region(STORE)
            state = BLANK
            if self.md5(store.offset, store.size) != Step("", 0, b"\xff" * store.size).md5:
                heads = (self._esp.read_flash(at, 4) for at in range(store.offset, store.end, SECTOR))
                state = OURS if any(head.startswith(MARK) for head in heads) else FOREIGN
            files = [one for one in board.regions if one.name == FILES]
            root = self._esp.read_flash(files[0].offset, ROOT) if files else b""
        table: tuple[Partition, ...] | None
        try:
            table = tuple(from_binary(raw))
        except BadImage:
            table = None
        return Present(self.serial, board.chip, self.flash_size, table, state, root)

    def md5(self, offset: int, size: int) -> str:
        """The digest that the chip itself makes of its flash, hexadecimal."""
        with self._asking():
            return str(self._esp.flash_md5sum(offset, size)).lower()

    def write(self, step: Step) -> None:
        """Erase, write, verify a step. Mismatch when the flash does not hold it, Interrupted when the line is lost."""
        try:
            cmds.write_flash(self._esp, [(step.offset, step.data)], compress=True, no_progress=True)
        except FatalError as error:
            if self.md5(step.offset, len(step.data)) != step.md5:
                hint = "run it again; if it fails at the same place, the flash chip is worn out"
                text = f"{step.name} at {step.offset:#x} does not read back as it was written ({_line(error)})"
                raise Mismatch(text, hint, code="verify", device=self.url) from None
        except (serial.SerialException, OSError) as error:
            raise cut_short(f"the line was lost at {step.offset:#x} ({_line(error)})", self.url) from None

    def speed_up(self) -> None:
        """A faster UART, where there is one: a USB port has its own pace and a pseudo-terminal none."""
        with self._asking():
            if self._esp.get_usb_mode() is None and self._esp.get_usb_vid_pid() != (None, None):
                self._esp.change_baud(BAUD)

    def reset(self) -> None:
        """Starts what is in its flash. A line that is lost by it is no fault."""
        with contextlib.suppress(*_BROKEN):
            cmds.reset_chip(self._esp, "hard-reset")

    def close(self) -> None:
        """Lets the port go, and esptool's logger. May be called twice."""
        self._port.close()
        if self._logger is not None:
            EspLog.set_logger(self._logger)

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except _BROKEN as error:
            raise cut_short(f"the loader stopped answering ({_line(error)})", self.url) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _open(where: LinkUrl) -> serial.Serial:
    if where.scheme not in ("serial", "pty"):
        raise UsageError(f"{where} is no port that a chip can be flashed over", "it takes serial:PATH")
    try:
        return serial.Serial(where.path, 115200, exclusive=True)
    except (serial.SerialException, OSError, ValueError) as error:
        raise explain(str(where), error) from None


def _line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:120] or type(error).__name__
