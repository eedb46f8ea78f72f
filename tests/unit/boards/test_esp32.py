# SPDX-License-Identifier: MIT
"""An ESP32 that can't be built here: its image's parts and the agent on a model of its port, from flash to HELLO.

A stock image takes the agent from the very bytes that `flash write` laid; one that was built takes updates into the
partition that its port maps, runs them from there, and comes back from those that don't work.
"""

import asyncio
import json
import shutil
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

import pytest
import wiring
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from nightlatch import micropython
from nightlatch.cli.main import main
from nightlatch.errors import Refused
from nightlatch.flash import BadImage, load
from nightlatch.sim.bootrom.esp_port import EspPort
from nightlatch.sim.bootrom.esp_rom import EspRom
from nightlatch.sim.bootrom.nor import Nor
from nightlatch.update import bundle, keys, push, romfs, stock
from nightlatch.update.build import build, compiled
from nightlatch.wire import messages as m
from nightlatch.wire import numbers as n
from nightlatch.workshop.session import Session
from tests.conftest import Upy
from tests.unit.boards.esp32_bench import HANG, PANIC, POWER, Esp32
from tests.unit.flash import flash_bench as bench

CHIPS = {"ESP32_S3": ("esp32s3", 9), "ESP32_C3": ("esp32c3", 5)}
VFS = slice(0x200000, 0x300000)
# Machine code of another chip than this one: the agent has other modules in their place.
_VIPER = {"agent.crypto.aes_viper", "agent.crypto.loops_viper", "agent.store.mount.walk_viper"}
FOREIGN = {"agent.crypto.aes_inverse", "agent.crypto.aes_sbox", *_VIPER}
STOCK_HEAP = "448K" if micropython.wide() else "224K"  # deploy.md tells of it
BUILT_HEAP = "3M"  # with the mapped partition
each = pytest.mark.parametrize("board", CHIPS)


def flashed(folder: Path, board: str, *arguments: str, banner: bytes = bench.STOCK) -> tuple[Nor, int, list[str]]:
    """The flash that `flash write` leaves of a stock image on a blank chip, and the exit code of it and of `verify`."""
    chip, chip_id = CHIPS[board]
    image = folder / "stock.bin"
    image.write_bytes(bench.stock(chip_id, 20_000, banner=banner))
    flash = Nor(4 * bench.MB)
    with EspPort(EspRom(chip, flash)) as port:
        command = ["flash", "--board", board, str(image), "--port", port.url, *arguments]
        code = main([command[0], "write", *command[1:]]) or main([command[0], "verify", *command[1:]])
    return flash, code, command


@cache
def signer() -> keys.FileSigner:
    """The workshop's key."""
    key = ec.generate_private_key(ec.SECP256R1())
    form, code = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(key.private_bytes(code, form, serialization.NoEncryption()))
        return keys.FileSigner(Path(file.name))


@each
def test_a_stock_image_starts_the_agent_that_was_laid_beside_it(
    tmp_path: Path, board: str, capfd: pytest.CaptureFixture[str]
) -> None:
    flash, code, _ = flashed(tmp_path, board)
    assert code == 0 and f"on a bench; a car that is locked takes the built one: see boards/{board}/deploy.md" in (
        capfd.readouterr().err
    )

    async def act() -> None:
        async with Esp32(tmp_path, board, "stock", STOCK_HEAP) as chip:
            (tmp_path / "vfs.bin").write_bytes(flash.data[VFS])
            chip.start()
            hello = await chip.ask(lambda client: client.hello())
            assert (hello.board, hello.firmware, hello.serial) == (board, "0.1.0", "a0b1c2d3e4f5")
            assert hello.state == n.AGENT_BLANK
            await chip.ask(lambda client: client.claim(chip.vault))
            chip.again(POWER)
            assert (await chip.session(lambda session: session.status())).boots == 2

    asyncio.run(asyncio.wait_for(act(), 300))


@each
def test_every_module_in_it_can_be_imported(tmp_path: Path, board: str) -> None:
    flash, _, _ = flashed(tmp_path, board)
    chip = Esp32(tmp_path, board, "stock", "1M")
    (tmp_path / "vfs.bin").write_bytes(flash.data[VFS])
    (tmp_path / "chip.json").write_text('{"cause": 1, "memory": ""}')
    argv, env = chip.command("list")
    ran = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    lines = dict(line.split(" ", 1) for line in ran.stdout.splitlines())
    table = json.loads(lines.pop("WIRING"))
    assert table == json.loads(json.dumps(wiring.wiring(micropython.ROOT / "boards" / board, board)))
    held = stock.files(load(board))
    assert held["main.py"].startswith(b"import micropython\n\nmicropython.kbd_intr(-1)\n")
    assert {path.removesuffix("/__init__.mpy").removesuffix(".mpy").replace("/", ".") for path in held} == {
        *lines, "boot.py", "main.py"
    }  # fmt: skip
    assert {name for name, what in lines.items() if what == "ValueError: incompatible .mpy arch"} == FOREIGN
    own = {name: what for name, what in lines.items() if name not in FOREIGN}
    loaded = {what.removesuffix(".mpy").removesuffix("/__init__").replace("/", ".") for what in own.values()}
    assert loaded == own.keys(), "from the file system"
    sources = {path.relative_to(micropython.FIRMWARE).as_posix() for path in micropython.FIRMWARE.rglob("*.py")}
    assert {path.replace(".mpy", ".py") for path in held} == {*sources, "wiring.py"}


def test_the_same_sources_give_the_same_bytes() -> None:
    one, two = stock.agent(load("ESP32_S3")), stock.agent(load("ESP32_S3"))
    assert one == two and stock.agent(load("ESP32_C3")).data != one.data
    board = load("ESP32_S3")
    assert len(one.data) % 4096 == 0 and len(one.data) <= board.region("vfs").size
    boot = stock.files(board)["boot.py"]  # within its folder's block only where MicroPython's cache of 128 holds it
    assert len(boot) > 128 and boot in one.data[2 * 4096 :] and boot not in one.data[: 2 * 4096]
    with pytest.raises(BadImage, match="no room"):
        stock.image({"a": bytes(70_000)}, 65536)


def test_a_tool_without_the_sources_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock, "_MAKER", tmp_path / "wiring.py")
    with pytest.raises(Refused) as failed:
        stock.agent(load("ESP32_S3"))
    assert failed.value.code == "no_sources"


def test_another_agent_is_an_update_and_nothing_else(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    update, other, bent = (tmp_path / name for name in ("s3.nlu", "c3.nlu", "bent.nlu"))
    good = bundle.sign(build("ESP32_S3", "0.9.0"), signer())
    update.write_bytes(good.data)
    other.write_bytes(build("ESP32_C3", "0.9.0").data)
    data = bytearray(good.data)
    data[5000] ^= 1
    bent.write_bytes(data)
    for file, code, word in ((other, 7, "wrong_board"), (bent, 7, "bad_hash"), (tmp_path / "none", 1, "no_file")):
        assert flashed(tmp_path, "ESP32_S3", "--agent", str(file), "--json")[1] == code
        assert json.loads(capfd.readouterr().out)["error"]["code"] == word
    assert flashed(tmp_path, "ESP32_S3", "--agent", str(update), banner=bench.ours())[1] == 2
    flash, code, _ = flashed(tmp_path, "ESP32_S3", "--agent", str(update))
    assert code == 0

    async def act() -> None:
        async with Esp32(tmp_path, "ESP32_S3", "stock", STOCK_HEAP) as chip:
            (tmp_path / "vfs.bin").write_bytes(flash.data[VFS])
            chip.start()
            assert (await chip.ask(lambda client: client.hello())).firmware == "0.9.0"

    asyncio.run(asyncio.wait_for(act(), 300))


def test_what_is_in_the_file_system_is_not_lost_unsaid(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    flash, _, command = flashed(tmp_path, "ESP32_S3")
    flash.data[VFS] = stock.image({"main.py": b"print('a program of somebody')"}, 0x100000).ljust(0x100000, b"\xff")
    with EspPort(EspRom("esp32s3", flash)) as port:
        command[command.index("--port") + 1] = port.url
        capfd.readouterr()
        assert main([command[0], "plan", *command[1:], "--json"]) == 0
        assert json.loads(capfd.readouterr().out)["data"]["lost"] == ["vfs: the files that are in it"]
        assert main([command[0], "write", *command[1:]]) == 2
        assert main([command[0], "write", *command[1:], "--yes"]) == 0
        capfd.readouterr()
        assert main([command[0], "plan", *command[1:], "--json"]) == 0
        assert json.loads(capfd.readouterr().out)["data"]["lost"] == [], "an older agent is no loss"
        flash.data[VFS.start + 3000 : VFS.start + 8192] = b"\xff" * 5192
        assert main([command[0], "plan", *command[1:], "--json"]) == 0
        assert json.loads(capfd.readouterr().out)["data"]["lost"] == [], "nor is a flash that was cut short"
        flash.data[VFS.start + 8] = 0  # of the magic word
        assert main([command[0], "plan", *command[1:], "--json"]) == 0
        assert json.loads(capfd.readouterr().out)["data"]["lost"], "whatever it is"


def test_a_romfs_is_read_as_it_was_written() -> None:
    files = compiled("x86", ("wire",)) | {"agent/a/b.mpy": b"", "c": bytes(300)}
    image = romfs.image(files)
    assert romfs.files(image) == files
    deep, other = romfs.image({"a/" * 40 + "b": b""}), image.replace(b"\x01c\x02", b"\x01/\x02")
    for bent in (deep, other, image[:-1], image + image, b"", image[:5] + b"\xff" * 30):
        with pytest.raises(ValueError):
            romfs.files(bent)


def broken(folder: Path, version: str, old: str, new: str) -> bundle.Bundle:
    """An update whose agent/app.py has another text in one place."""
    shutil.copytree(micropython.FIRMWARE, folder)
    source = (folder / "agent" / "app.py").read_text()
    assert old in source
    (folder / "agent" / "app.py").write_text(source.replace(old, new))
    return bundle.sign(build("ESP32_S3", version, folder), signer())


async def send(chip: Esp32, update: bundle.Bundle) -> None:
    """Push and start, as `update push` does; the chip resets into it."""

    def work(session: Session) -> None:
        push.trust(session, keys.fingerprint(signer().public()))
        assert push.push(session, update, lambda *_: None).phase == m.UPDATE_READY
        push.start(session)

    await chip.session(work)
    await chip.restarted()


async def firmware(chip: Esp32) -> str:
    return (await chip.ask(lambda client: client.hello())).firmware


async def settled(chip: Esp32, state: int, slot: str) -> push.UpdateStatus:
    """Waits until a slot is in that state."""
    for _ in range(100):
        now = await chip.session(push.status)
        if getattr(now, slot) == state:
            return now
        await asyncio.sleep(0.3)
    raise AssertionError(now)


def built(tmp_path: Path, story: Callable[[Esp32], Awaitable[None]]) -> None:
    async def act() -> None:
        async with Esp32(tmp_path, "ESP32_S3", "built", BUILT_HEAP) as chip:
            chip.start()
            assert await firmware(chip) == "0.1.0"
            await chip.ask(lambda client: client.claim(chip.vault))
            await story(chip)

    asyncio.run(asyncio.wait_for(act(), 500))


def test_updates_run_from_both_ends_of_the_mapped_partition(tmp_path: Path) -> None:
    """Into slot A, confirmed; into slot B behind it, confirmed; a crash loop there leads back to A."""

    async def story(chip: Esp32) -> None:
        await send(chip, bundle.sign(build("ESP32_S3", "0.2.0"), signer()))
        await chip.session(lambda session: session.reboot())
        await chip.restarted()
        assert await firmware(chip) == "0.2.0", "a reset that was asked for is no fault of a trial"
        assert (await settled(chip, m.SLOT_CONFIRMED, "a_state")).running == 1
        await send(chip, bundle.sign(build("ESP32_S3", "0.3.0"), signer()))
        assert await firmware(chip) == "0.3.0"
        assert (await settled(chip, m.SLOT_CONFIRMED, "b_state")).running == 2
        flash = (tmp_path / "romfs.bin").read_bytes()
        assert [flash[at : at + 4] for at in (0, 0x60000)] == [b"NLUP", b"NLUP"]
        for cause in (HANG, PANIC, PANIC):  # none of them asked for
            assert await firmware(chip) == "0.3.0"
            chip.again(cause)
        assert await firmware(chip) == "0.2.0"
        assert (await chip.session(push.status)).b_state == m.SLOT_BAD
        chip.again(POWER)
        assert await firmware(chip) == "0.2.0"
        await chip.session(push.roll_back)
        await chip.restarted()
        assert await firmware(chip) == "0.1.0"

    built(tmp_path, story)


IMPORT = ('"""The composition root', 'raise OSError("broken")\n"""The composition root')
HANGS = ("    gc.threshold(-1)", "    while True:\n        pass\n    gc.threshold(-1)")


@pytest.mark.parametrize("change", [IMPORT, HANGS], ids=["import", "hang"])
def test_an_update_that_does_not_work_goes_by_itself(tmp_path: Path, change: tuple[str, str]) -> None:
    update = broken(tmp_path / "firmware", "0.4.0", *change)

    async def story(chip: Esp32) -> None:
        await send(chip, update)
        if change == IMPORT:
            await chip.restarted()  # by the agent's end
        else:
            while (tmp_path / "romfs.bin").read_bytes()[272:288] != bytes(16):  # its first trial began
                await asyncio.sleep(0.1)
            chip.again(HANG)  # the task watchdog
        assert await firmware(chip) == "0.1.0"
        now = await chip.session(push.status)
        assert (now.running, now.a_state, now.a) == (0, m.SLOT_BAD, 0x00040000)
        chip.again(POWER)
        assert await firmware(chip) == "0.1.0"

    built(tmp_path, story)


PARTS = """
from tests.model import esp32_port

esp32_port.install(mapped=True)
from agent.hal import slots
from agent.hal.base import PULSE, Timer

wiring = {"regions": {"slot_a": (0x300000, 0x2000), "slot_b": (0x302000, 0x2000)}}
print(slots.slots(wiring), "no such partition in the table")
for count, encrypted in ((3, False), (4, True), (4, False)):
    esp32_port.chip.rom = rom = esp32_port.RomPartition(0x300000, count)
    rom.encrypted = encrypted
    print(count, encrypted, len(slots.slots(wiring)))
one, two = slots.slots(wiring)
two.nor.program(4096, b"two")
two.nor.erase(0)
print(bytes(rom[0x3000:0x3003]), bytes(two.map()[4096:4099]), len(one.map()), max(one.map()) == min(one.map()))
Timer(PULSE).arm(100, print)
limit = slots.alarm(5000, print)
print([timer.armed[0] for _, timer in sorted(esp32_port.Timer.made.items())])
esp32_port.install(mapped=False)
del esp32_port.sys.modules["agent.hal.slots"], esp32_port.sys.modules["agent.hal"]
from agent.hal import slots
print(slots.slots(wiring), "a stock image")
"""


def test_slots_are_parts_of_the_mapped_partition_or_none(upy: Upy) -> None:
    assert upy(PARTS, path=(micropython.ROOT,)).stdout.splitlines() == [
        "[] no such partition in the table",
        "3 False 0",
        "4 True 0",
        "4 False 2",
        "b'two' b'two' 8192 True",
        "[100, 5000]",
        "[] a stock image",
    ]
