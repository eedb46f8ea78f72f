# SPDX-License-Identifier: MIT
"""The Bluetooth link over its life: an agent that dies, an air that goes away, hosts from outside, no other socket."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from nightlatch.phone.ble import BlePhone, open_hci
from nightlatch.phone.errors import CarNotFound, PhoneError
from nightlatch.sim.radio.bench import Radio
from nightlatch.sim.radio.events import Advert, AgentDown, AgentUp
from nightlatch.wire import numbers as n
from tests.system.ble_bench import VEIL, Bench, Phone, holder, run, until

DUMP = Path(sys.executable).with_name("bumble-gatt-dump")


def test_agent_dies_and_comes_back(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        phone = await bench.phone("Ada")
        assert (await phone.act()).ok
        before = bench.radio.advert
        await bench.kill()
        await until(lambda: not phone.ble.connected)
        with pytest.raises(CarNotFound):
            await phone.act(timeout=0.2)
        await bench.boot()
        assert bench.radio.advert != before
        assert (await phone.act()).ok
        assert [type(e) for e in bench.events if isinstance(e, AgentUp | AgentDown)] == [AgentUp, AgentDown, AgentUp]

    run(tmp_path, story)


def test_agent_dies_as_the_token_arrives(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        phone = await bench.phone("Ada")
        assert (await phone.act()).ok
        assert bench._process is not None
        process = bench._process
        bench.radio.before_token = lambda token: process.kill()
        assert (await phone.act()).verdict is None
        bench.radio.before_token = None
        await bench.kill()
        await bench.boot()
        assert (await phone.act()).ok

    run(tmp_path, story)


def test_air_goes_away(tmp_path: Path) -> None:
    """The agent goes back to the air by itself, and tells the new one all it needs."""

    async def story(bench: Bench) -> None:
        await bench.phone("Ada")
        await bench.radio.stop()
        bench.radio = Radio(tmp_path / "air.sock")
        await bench.radio.start()
        await bench.radio.ready()
        assert (await (await bench.phone("Ada")).act()).ok

    run(tmp_path, story)


def test_air_talks_nonsense(tmp_path: Path) -> None:
    """What is no frame ends the socket, not the agent."""

    async def story(bench: Bench) -> None:
        for junk in (b"\xff" * 64, b"\x00\x00", b"\x01\x00\x99", b"\x02\x00\x41\x01", os.urandom(2000)):
            ups = sum(isinstance(event, AgentUp) for event in bench.events)
            assert bench.radio._agent is not None
            bench.radio._agent.send(junk)
            await until(lambda ups=ups: sum(isinstance(e, AgentUp) for e in bench.events) > ups)  # type: ignore[misc]
            await bench.radio.ready()
        assert (await (await bench.phone("Ada")).act()).ok

    run(tmp_path, story)


def test_no_other_socket(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        (line,) = [line for line in bench.lines if line["event"] == "sockets"]
        assert line["said"] == [1, 1]  # EPERM

    run(tmp_path, story)


def test_outside_hosts(tmp_path: Path) -> None:
    """bumble's own tool sees the car, by its standing address and by name, also twice at once; phones come and go."""

    async def story(bench: Bench) -> None:
        url = await bench.radio.serve_hci("tcp-server:127.0.0.1:0")
        dumps = [*await asyncio.gather(_dump(url, bench.radio.address), _dump(url, "Nightlatch"))]
        dumps.append(await _dump(url, bench.radio.address))
        for dump in dumps:
            for uuid in (n.UUID_SERVICE, n.UUID_CHALLENGE, n.UUID_TOKEN, n.UUID_ANSWER, n.UUID_INFO):
                assert uuid.upper() in dump, dump
        key = holder()
        for _ in range(2):
            async with open_hci(url) as device:
                assert (await Phone(device, key).act()).ok
            await until(lambda: bench.radio.connected == 0)

    run(tmp_path, story)


async def _dump(url: str, who: str) -> str:
    process = await asyncio.create_subprocess_exec(
        str(DUMP), url, who, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), 20)
    except TimeoutError:
        process.kill()
        pytest.fail((await process.communicate())[0].decode())
    assert process.returncode == 0, out.decode()
    return out.decode()


def test_unix_hosts_and_bad_ones(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        url = await bench.radio.serve_hci(f"unix-server:{tmp_path / 'hci.sock'}")
        _, writer = await asyncio.open_unix_connection(tmp_path / "hci.sock")
        writer.write(b"\x01\xff\xff\x00" + os.urandom(300))
        await writer.drain()
        async with open_hci(url) as device:
            assert (await Phone(device, holder()).act()).ok
        writer.close()
        with pytest.raises(ValueError):
            await bench.radio.serve_hci("serial:/dev/null")

    run(tmp_path, story)


def test_phone_without_a_car(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        other = BlePhone(await bench.radio.central("other"), bytes(16))
        with pytest.raises(CarNotFound):
            await other.connect(0.3)
        assert not any(isinstance(event, Advert) and not event.data for event in bench.events)
        assert VEIL != bytes(16)
        with pytest.raises(PhoneError):
            async with open_hci("tcp-client:127.0.0.1:1"):
                pass

    run(tmp_path, story)
