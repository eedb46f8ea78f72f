# SPDX-License-Identifier: MIT
"""The machine's own PC/SC service with a virtual reader, and a virtual card on it.

pcscd drives vpcd, a reader whose card connects over TCP: each message is a length (2 bytes) and bytes; one byte is a
command (0 off, 1 on, 2 reset, 4 give the ATR), anything longer an APDU.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nightlatch.sim.cards.held import Ntag424

SOCKET = Path("/run/pcscd/pcscd.comm")
DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
NAME = "Nightlatch test"
ATR = bytes.fromhex("3b8180018080")  # a contactless card of type A behind a PC/SC reader (PC/SC part 3)
_GIVE_ATR = 4
_PATIENCE = 10.0
_AWAY = 1.0


def program() -> str | None:
    """Where pcscd is."""
    return shutil.which("pcscd", path="/usr/sbin:/sbin:/usr/bin")


def lacks() -> str:
    """Why the tests of PC/SC can't run here, in one line; empty when they can."""
    try:
        import smartcard  # noqa: F401
    except ImportError:
        return "pyscard is not built: make test as root, or see `sh boards/setup/setup.sh pcsc`"
    if program() is None or not DRIVER.exists():
        return "as root, apt-get install pcscd vsmartcard-vpcd"
    return "" if os.geteuid() == 0 else "only root may run pcscd"


@contextmanager
def service() -> Iterator[int]:
    """pcscd with our reader, as long as this lasts; gives the port where its card is expected.

    One at a time on a machine: its socket has one place. AssertionError when another pcscd has it.
    """
    with tempfile.TemporaryDirectory() as folder, open("/run/lock/nightlatch-pcsc", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert not _answers(), "another pcscd runs here: stop it (systemctl stop pcscd.socket pcscd)"
        port = _free_port()
        lines = f'FRIENDLYNAME "{NAME}"', f"DEVICENAME /dev/null:{port:#x}", f"LIBPATH {DRIVER}", f"CHANNELID {port:#x}"
        Path(folder, "vpcd").write_text("\n".join(lines) + "\n")
        pcscd = program()
        assert pcscd is not None
        more = ["--disable-polkit"] if b"disable-polkit" in _help(pcscd) else []
        process = subprocess.Popen(
            [pcscd, "--foreground", "--auto-exit", "--config", folder, *more],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            end = time.monotonic() + _PATIENCE
            while not _answers():
                assert process.poll() is None and time.monotonic() < end, "pcscd does not start"
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _help(pcscd: str) -> bytes:
    return subprocess.run([pcscd, "--help"], capture_output=True, check=False).stdout


def _answers() -> bool:
    with socket.socket(socket.AF_UNIX) as link:
        return link.connect_ex(str(SOCKET)) == 0


def _free_port() -> int:
    """A port whose next one is free as well: the driver opens a second slot there."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            with suppress(OSError, OverflowError):
                other.bind(("127.0.0.1", port + 1))
                return port


class Slot:
    """A card on the virtual reader. It is there from put() to take(); a tear of its own takes it away too."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._link: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.apdus: list[bytes] = []
        self.returns = 0

    def put(self, card: Ntag424, back: bool = False) -> None:
        """Lays a card on the reader; back: whoever tears it away brings it back."""
        self.apdus.clear()
        self._thread = threading.Thread(target=self._hold, args=(self._connect(), card, back), daemon=True)
        self._thread.start()

    def _connect(self) -> socket.socket:
        self._link = socket.create_connection(("127.0.0.1", self._port), _PATIENCE)
        self._link.settimeout(None)
        return self._link

    def _hold(self, link: socket.socket, card: Ntag424, back: bool) -> None:
        if self._serve(link, card) and back:
            time.sleep(_AWAY)
            self.returns += 1
            self._serve(self._connect(), card)

    def take(self) -> None:
        """Takes it away."""
        if self._link is not None and self._thread is not None:
            with suppress(OSError):
                self._link.shutdown(socket.SHUT_RDWR)
            self._thread.join(_PATIENCE)
            self._link = self._thread = None

    def _serve(self, link: socket.socket, card: Ntag424) -> bool:
        """Whether it was torn away."""
        with link, suppress(ConnectionError):
            while head := link.recv(2, socket.MSG_WAITALL):
                data = link.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
                if len(data) > 1:
                    self.apdus.append(data)
                    self._say(link, card.transceive(data))
                elif data[0] == _GIVE_ATR:
                    self._say(link, ATR)
                else:
                    card.reset()
            return False
        return True

    @staticmethod
    def _say(link: socket.socket, data: bytes) -> None:
        link.sendall(len(data).to_bytes(2, "big") + data)
