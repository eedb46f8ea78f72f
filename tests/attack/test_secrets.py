# SPDX-License-Identifier: MIT
"""Key material in logs, dumps and errors: a day of a workshop and two phones, then a search through all it left."""

import asyncio
import base64
import contextlib
import io
import secrets
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nightlatch.cli.main import main as cli
from nightlatch.device import types
from nightlatch.errors import HostError
from nightlatch.phone import bundle, keys
from nightlatch.phone.holder import Holder
from nightlatch.sim.car.car import Car as SimCar
from nightlatch.vault import Vault
from nightlatch.wire import numbers as n
from tests.attack.table import Report
from tests.system.car_bench import ADA, BEN, KDF, Bench

PASSPHRASE = secrets.token_hex(16).encode()


def looks(secret: bytes) -> list[bytes]:
    """The ways in which bytes show in text, and as they are."""
    shown = [secret, repr(secret)[2:-1].encode(), str(list(secret))[1:-1].encode()]
    shown.append(repr(bytearray(secret))[12:-2].encode())  # which escapes a quote where bytes take the other one
    shown += [secret.hex().encode(), secret.hex().upper().encode(), secret.hex(" ").encode()]
    for shift in range(3):  # base64 of a larger record that holds it
        body = base64.b64encode(bytes(shift) + secret)[4 if shift else 0 : -4]
        shown += [body, body.replace(b"+", b"-").replace(b"/", b"_")]
    return shown


class Secrets:
    """All that a session draws or derives, and where each piece was found."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {"passphrase": PASSPHRASE}

    def add(self, name: str, value: bytes) -> None:
        """One more."""
        self.known[f"{name} {len(self.known)}"] = value

    def holder(self, name: str, holder: Holder) -> None:
        """What a phone keeps, and what it derives."""
        state = holder.state
        self.add(f"{name} chain", state.chain)
        self.add(f"{name} identity", state.identity)
        for label in (b"token", b"answer", b"told", b"pass"):
            self.add(f"{name} {label.decode()} key", keys.derive(state.chain, label))

    def vault(self, vault: Vault) -> None:
        """What a workshop keeps."""
        car = vault.car()
        for name in ("veil", "log_key", "link_key"):
            self.add(name, getattr(car, name))
        for key in vault.keys(car.serial):
            if not key.spent:
                self.add(f"root {key.handle}", key.root)

    def found(self, places: dict[str, bytes]) -> list[str]:
        """Which secret shows where."""
        return [
            f"{name} in {place}"
            for name, secret in self.known.items()
            for place, text in places.items()
            if any(look in text for look in looks(secret))
        ]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Whatever the host draws from `secrets` meanwhile, nonces and all."""
    real = secrets.token_bytes
    kept: list[bytes] = []

    def token_bytes(size: int | None = None) -> bytes:
        kept.append(real(size))
        return kept[-1]

    monkeypatch.setattr(secrets, "token_bytes", token_bytes)
    return kept


async def errors_of(bench: Bench, known: Secrets, folder: Path) -> bytes:
    """The text, the repr and the traceback of what goes wrong on purpose."""
    said = io.StringIO()
    foreign = Vault.create(folder / "foreign.sqlite", b"another passphrase", KDF)
    link_key = secrets.token_bytes(16)
    known.add("foreign link key", link_key)
    foreign.add_car(replace(bench.vault.car(), link_key=link_key))
    url = bundle.encode(bundle.KeyBundle(bytes(16), bytes(16), 1, 1, 1, link_key, ""))
    used = bench.holder()
    nonce = secrets.token_bytes(16)
    used.token(nonce, n.UNLOCK)
    attempts: list[Callable[[], object]] = [
        lambda: Vault.open(bench.vault.path, PASSPHRASE + b"x"),
        lambda: bundle.decode(url[:-3]),
        lambda: bundle.decode(url + "A"),
        lambda: used.token(nonce, n.UNLOCK),
        lambda: used.answer(bytes(3)),
        lambda: bench.vault.update_link(bench.vault.car().serial, link_key, 0),
    ]
    for attempt in attempts:
        with contextlib.redirect_stderr(said):
            try:
                attempt()
                raise AssertionError("it went well")
            except HostError as error:
                print(repr(error), str(error), error.hint, traceback.format_exc(), file=said)
    try:
        await bench.cable(lambda client: client.session(foreign))
        raise AssertionError("a foreign vault opened a session")
    except HostError as error:
        print(repr(error), traceback.format_exc(), file=said)
    shown = (bench.vault.car(), bench.vault.keys(bench.vault.car().serial), used.state, used, bench.vault)
    print(*map(repr, shown), file=said)
    return said.getvalue().encode()


def command_lines(bench: Bench, folder: Path) -> bytes:
    """What the command line prints for each verb that shows something, in words and as JSON."""
    (folder / "passphrase").write_bytes(PASSPHRASE)
    options = ["--vault", str(bench.vault.path), "--passphrase-file", str(folder / "passphrase")]
    options += ["--port", bench.car.serial_url]
    out = b""
    for verb in (["device", "info"], ["key", "list"], ["key", "show", "1"], ["log", "show"], ["log", "verify"]):
        for more in ([], ["--json"]):
            argv = [sys.executable, "-m", "nightlatch.cli.main", *verb, *options, *more]
            done = subprocess.run(argv, capture_output=True, timeout=30)
            out += b"\n" + done.stdout + done.stderr
            assert done.returncode == 0, (verb, done.stderr)
    wrong = io.StringIO()
    with contextlib.redirect_stderr(wrong), contextlib.redirect_stdout(wrong):
        assert cli(["key", "show", "77", *options]) != 0
    return out + wrong.getvalue().encode()


def test_nothing_shows(tmp_path: Path, drawn: list[bytes], attack: Report) -> None:
    """Agent's output, cable after the claim, air, vault file, command line, errors, reprs; old keys in the flash."""
    known = Secrets()

    async def story(car: SimCar) -> None:
        vault = Vault.create(tmp_path / "vault.sqlite", PASSPHRASE, KDF)
        bench = Bench(car, vault)
        cable, air = bytearray(), bytearray()
        await bench.cable(lambda client: client.claim(vault))
        known.vault(vault)
        car.cable.taps.append(lambda direction, data: cable.extend(data))
        car.radio.listeners.append(lambda event: air.extend(getattr(event, "data", b"")))

        def enrol(session: object) -> None:
            for role in (n.ROLE_OWNER, n.ROLE_DRIVER):
                session.enrol(n.KIND_PHONE, role, types.RIGHTS_OF_ROLE[role], "")  # type: ignore[attr-defined]

        await bench.session(enrol)
        known.vault(vault)
        ada, ben = await bench.phone("Ada", bench.holder(ADA)), await bench.phone("Ben", bench.holder(BEN))
        chains = []
        for phone in (ada, ben, ben, ada, ben):
            known.holder("phone", phone.holder)
            chains.append(phone.holder.state.chain)
            await phone.opens()
        assert (await bench.tap(ben.holder)).ok
        copy = Holder(bench.holder(BEN).state)
        assert not (await (await bench.phone("old", copy)).act()).ok
        places = {
            "the command line": await asyncio.to_thread(command_lines, bench, tmp_path),
            "errors": await errors_of(bench, known, tmp_path),
        }
        await bench.session(lambda session: session.revoke(BEN))
        known.vault(vault)
        for draw in drawn:
            if len(draw) == n.KEY_SIZE:
                known.add("drawn", draw)
        await asyncio.sleep(0.3)
        agent = "\n".join([*car.output, *map(str, car.entries)]).encode()
        places |= {"the agent's output": agent, "the air": bytes(air)}
        nonces = {"the cable": bytes(cable)}
        vault_file = b"".join(file.read_bytes() for file in tmp_path.glob("vault.sqlite*"))
        places["the vault file"] = vault_file
        assert len(agent) > 500 and len(air) > 100 and len(cable) > 500 and len(vault_file) > 1000
        found = known.found(places)
        openings = {name: value for name, value in known.known.items() if not name.startswith("drawn")}
        known.known = openings  # a nonce is drawn as well, and goes over the cable in clear
        found += known.found(nonces)
        flash = car.flash.read_bytes()
        assert ada.holder.state.chain in flash, "the car keeps the key of the epoch that it expects"
        found += [f"an old chain key {i} in the flash" for i, chain in enumerate(chains) if chain in flash]
        assert vault.car().veil in flash, "the search finds what is there"
        assert not found, found
        attack(23, "secrets in output, files, errors", len(openings), len(found), "nothing of its keys anywhere")

    async def main() -> None:
        async with SimCar(tmp_path / "car") as car:
            await story(car)

    asyncio.run(main())


@pytest.mark.parametrize("quotes", [b"", b"'", b'"', b"'\""], ids=["none", "single", "double", "both"])
def test_the_search_finds(quotes: bytes) -> None:
    """Each way in which a secret may show is found, also one with quotes in it."""
    known = Secrets()
    secret = (quotes + secrets.token_bytes(16))[:16]
    known.add("x", secret)
    shown = [secret.hex(), repr(secret), repr(bytearray(secret)), str(list(secret)), secret.hex(" ")]
    shown += [base64.urlsafe_b64encode(b"ab" + secret + b"cd").decode(), base64.b64encode(secret).decode()]
    for text in shown:
        assert known.found({"here": text.encode()}), text
    assert not known.found({"here": secrets.token_hex(500).encode()})
