# SPDX-License-Identifier: MIT
"""A former workshop alone, with the link key and a cable, at a car that was handed over: nothing gets weaker."""

from collections.abc import Callable
from pathlib import Path

from nightlatch.errors import HostError, Refused
from nightlatch.phone import keys
from nightlatch.wire import numbers as n
from nightlatch.workshop.client import Client
from nightlatch.workshop.session import Session
from tests.attack.gate_bench import GateBench, GateLink, twin
from tests.attack.table import Report

NOW = 1_800_000_000
YEARS = 70 * 31_556_952
ALONE = ("agent/channel/refusals.py", '    if config.get("handed_over"):', "    if False:")
UNKNOWN = (
    "agent/channel/settings.py",
    'if ask["seconds"] - clock.unix() > _WEEK_S:',
    'if clock.unix() and ask["seconds"] - clock.unix() > _WEEK_S:',
)

Ask = Callable[[Session], object]


def setting(name: str, value: int) -> Ask:
    return lambda session: session.config_set(name, value)


def time(seconds: int) -> Ask:
    return lambda session: session.set_time(seconds, far=True)


def requests_of(marks: dict[int, bytes]) -> list[Ask]:
    """What would leave the car weaker. marks: of suspect keys, by handle."""
    asks = [setting("strict", 0), setting("passive", 1), setting("drive_s", 600), setting("drive_s", 61)]
    asks += [time(NOW + YEARS), time(NOW + 8 * 86400), time(n.TIME_LAST)]
    asks += [lambda session, one=one: session.revoke(one) for one in (0, 1)]  # type: ignore[misc]
    asks += [
        lambda session, one=one, mark=mark: session.clear(one, 1, mark)  # type: ignore[misc]
        for one, mark in marks.items()
    ]
    for role, rights in ((n.ROLE_OWNER, n.RIGHTS_KNOWN), (n.ROLE_GUEST, 0), (n.ROLE_SERVICE, n.RIGHT_SERVICE)):
        asks.append(
            lambda session, role=role, rights=rights: session.offer(  # type: ignore[misc]
                session.status().next_handle, n.KIND_PHONE, role, rights, bytes(16), "thief"
            )
        )
    asks += [lambda session: session.reset(), setting("handed_over", 0)]
    return asks


def alone(bench: GateBench, folder: Path, timed: bool) -> tuple[int, int]:
    """Each request, again and again, on its own and after others; (tries, how many were done)."""
    folder.mkdir()
    owners = [bench.enrol(), bench.enrol(), bench.enrol()]
    suspect = bench.enrol()
    for holder in (*owners, suspect):
        assert bench.act(holder)[0].ok
    if timed:
        assert bench.ask(owners[0], (n.SET_TIME, NOW.to_bytes(4, "big"))).ok
    bench("state", suspect.state.handle, n.CRED_SUSPECT)
    for name, value in (("strict", 1), ("handed_over", 1)):
        bench("set", name, value)
    marks = {suspect.state.handle: keys.mark(suspect.state.chain)}
    vault = bench.workshop(folder)
    client = Client(GateLink(bench), 1.0)
    tries = done = 0
    for wait in (0, n.APPROVAL_MS + 1000, 601_000):
        for ask in requests_of(marks):
            tries += 1
            with client.session(vault) as session:
                try:
                    ask(session)
                    done += 1
                except Refused as refused:
                    assert refused.code in ("needs_approval", "too_often", "time_back", "key_revoked") or done, refused
                except HostError:
                    assert done
            bench("wait", wait)
    for holder in owners:
        done += not (bench.act(holder)[0].ok or done)
    return tries, done


def test_a_session_alone_weakens_nothing(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    """Each setting that protects, the revocation of an owner, a suspect key cleared, keys, the time, a reset."""
    tries, done = alone(bench, tmp_path / "a", True)
    with twin(tmp_path, ALONE) as other:
        fell = alone(other, tmp_path / "b", True)[1]
    attack(37, "a session alone, at a car that was handed over", tries, done, "all owners opened", fell)


def test_the_first_time_of_a_car(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    """The same where nobody ever set the time."""
    tries, done = alone(bench, tmp_path / "a", False)
    with twin(tmp_path, UNKNOWN) as other:
        fell = alone(other, tmp_path / "b", False)[1]
    attack(37, "the same where the time was never set", tries, done, "all owners opened", fell)


def test_what_protects_needs_nobody(bench: GateBench, tmp_path: Path) -> None:
    """Stricter settings, and an end to a key that is no owner's."""
    assert bench.act(bench.enrol())[0].ok
    driver = bench.enrol(n.ROLE_DRIVER, n.RIGHT_UNLOCK)
    bench("set", "handed_over", 1)
    bench("set", "passive", 1)
    with Client(GateLink(bench), 1.0).session(bench.workshop(tmp_path)) as session:
        for name, value in (("strict", 1), ("passive", 0), ("drive_s", 30), ("handed_over", 1)):
            session.config_set(name, value)
        session.revoke(driver.state.handle)
    assert bench.cred(driver.state.handle)[1] == n.CRED_REVOKED
