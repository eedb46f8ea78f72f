# SPDX-License-Identifier: MIT
"""Scripting: the one device, or each that is plugged in, once, in the order in which they answer."""

import os
import pty
import threading
import tty
from pathlib import Path

import pytest

from nightlatch.errors import NoDevice, SeveralDevices
from nightlatch.link import Found
from nightlatch.scripting import multi, single
from nightlatch.wire import frame, messages, record
from nightlatch.wire import numbers as n


class Device:
    """Answers every HELLO on a pty of its own until it is unplugged."""

    def __init__(self, serial: str) -> None:
        self.serial = serial
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.url = f"pty:{os.ttyname(self.slave)}"
        self.found = Found(self.url, ("UNIX",))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        values = {"version": n.PROTOCOL, "state": n.AGENT_BLANK, "board": "UNIX", "firmware": "1"}
        values |= {"serial": self.serial}
        answer = frame.encode(bytes([n.F_HELLO | n.F_ANSWER]) + record.pack(messages.HELLO_ANSWER, values))
        decoder = frame.Decoder()
        while True:
            try:
                asked = decoder.push(os.read(self.master, 4096))
            except OSError:
                return
            for _ in asked:
                os.write(self.master, answer)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr("serial.tools.list_ports.comports", list)


def test_single(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = Device("NL-1"), Device("NL-2")
    with pytest.raises(NoDevice), single():
        pass
    with single(one.url) as client:
        assert client.hello().serial == "NL-1"
    monkeypatch.setattr("nightlatch.link.discover.find", lambda *_: [one.found, two.found])
    with pytest.raises(SeveralDevices), single():
        pass
    monkeypatch.setattr("nightlatch.link.discover.find", lambda *_: [one.found, Found(two.url, ("RPI_PICO_W",))])
    with single(board="RPI_PICO_W") as client:
        assert client.hello().serial == "NL-2"


def test_multi_serves_each_once() -> None:
    one, two, again = Device("NL-1"), Device("NL-2"), Device("NL-1")
    silent_master, silent = pty.openpty()
    here = [one.found, Found(f"pty:{os.ttyname(silent)}", ())]
    served = []
    for client in multi(timeout=0.2, patience=1.5, ports=lambda: list(here), poll=0.01):
        served.append(client.hello().serial)
        if client.url == one.url:
            here[0] = two.found  # unplugged, the next one plugged in
        elif client.url == two.url:
            here.append(again.found)  # an agent that was served already, at another port
    assert served == ["NL-1", "NL-2"]
    served = []
    for client in multi(timeout=0.2, patience=1.5, initial=False, again=True, ports=lambda: list(here), poll=0.01):
        served.append(client.hello().serial)
    assert served == [], "what was here before is passed over"
    os.close(silent_master)
    os.close(silent)


def test_multi_again_and_closed_afterwards() -> None:
    one, again = Device("NL-1"), Device("NL-1")
    here = [one.found]
    clients = []
    for client in multi(timeout=0.5, patience=1.5, again=True, ports=lambda: list(here), poll=0.01):
        clients.append(client)
        here[:] = [again.found]
        if len(clients) == 2:
            break
    assert [client.url for client in clients] == [one.url, again.url]
    with single(one.url):
        pass  # the port was let go
