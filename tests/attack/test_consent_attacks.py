# SPDX-License-Identifier: MIT
"""Consent that is harvested: an owner's yes is to one named request, and nothing else that an owner does is a yes."""

from collections.abc import Callable
from pathlib import Path

from nightlatch.errors import Refused
from nightlatch.phone import requests
from nightlatch.wire import numbers as n
from nightlatch.workshop.client import Client
from nightlatch.workshop.session import Session
from tests.attack.gate_bench import NFC, GateBench, GateLink, twin
from tests.attack.table import Report

CONSENT = "agent/consent.py"
ANY_REQUEST = (CONSENT, "given is not None and given.digest == digest:", "given is not None:")
ANY_DIGEST = (
    "agent/requests.py",
    "if pending is None or pending.digest[: n.CONSENT_SIZE] != digest:",
    "if pending is None:",
)
AGAIN = (CONSENT, "            self._given = None\n", "")
WHILE_PENDING = (
    "agent/channel/car.py",
    "if not self._button() or self.gate.office.consent.pending() is not None:",
    "if not self._button():",
)
ROOTS = [bytes([number]) * 16 for number in range(8)]


class Workshop:
    """A former workshop that still has the link key, at a car that was handed over, and the car's owner."""

    def __init__(self, bench: GateBench, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.bench = bench
        self.owner = bench.enrol()
        bench("set", "handed_over", 1)
        self._vault = bench.workshop(folder)
        self._client = Client(GateLink(bench), 1.0)
        self.tries = self.done = 0

    def ask(self, work: Callable[[Session], object]) -> bool:
        """One request; whether the car did it."""
        self.tries += 1
        with self._client.session(self._vault) as session:
            try:
                work(session)
            except Refused as refused:
                assert refused.code in ("needs_approval", "too_often", "handle_taken"), refused.code
                return False
        return True

    def wrong(self, work: Callable[[Session], object]) -> None:
        """The same, of what nobody consented to."""
        self.done += self.ask(work)

    def rest(self) -> None:
        """Until what was asked in vain is forgotten."""
        self.bench("wait", 601_000)


def enrol(
    role: int = n.ROLE_DRIVER, rights: int = n.RIGHT_UNLOCK, root: int = 0, label: str = "Bea"
) -> Callable[[Session], object]:
    return lambda session: session.offer(1, n.KIND_PHONE, role, rights, ROOTS[root], label)


def weaken(session: Session) -> None:
    session.config_set("handed_over", 0)


SWAPPED: list[Callable[[Session], object]] = [
    enrol(root=1),
    enrol(role=n.ROLE_OWNER),
    enrol(rights=n.RIGHTS_KNOWN),
    enrol(label="Eve"),
    weaken,
    lambda session: session.set_time(1_900_000_000),
    lambda session: session.reset(),
]


def after(bench: GateBench, folder: Path) -> tuple[int, int]:
    """Consent to one request, then others in its place; then that one, which works, and works once."""
    shop = Workshop(bench, folder)
    assert not shop.ask(enrol()) and bench.consent(shop.owner).ok
    for swapped in SWAPPED:
        shop.wrong(swapped)
    if not shop.done:
        assert shop.ask(enrol()), "what was consented to"
    return shop.tries, shop.done


def test_another_request_after_the_consent(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    tries, done = after(bench, tmp_path / "a")
    with twin(tmp_path, ANY_REQUEST) as other:
        fell = after(other, tmp_path / "b")[1]
    attack(31, "another request than the owner said yes to", tries, done, "the one that it was shown was done", fell)


def between(bench: GateBench, folder: Path) -> tuple[int, int]:
    """The request is changed between the look at it and the consent: at once, and when its time is over."""
    shop = Workshop(bench, folder)
    for wait in (0, n.APPROVAL_MS + 1000):
        assert not shop.ask(enrol())
        shown = requests.read_wanted(bench.ask(shop.owner, requests.wanted()).reply)
        assert (shown.text, shown.role, shown.rights) == ("Bea", n.ROLE_DRIVER, n.RIGHT_UNLOCK)
        bench("wait", wait)
        shop.wrong(weaken)
        bench.ask(shop.owner, requests.approve(shown))
        shop.wrong(weaken)
        shop.rest()
    return shop.tries, shop.done


def test_another_request_before_the_consent(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    tries, done = between(bench, tmp_path / "a")
    with twin(tmp_path, ANY_DIGEST) as other:
        fell = between(other, tmp_path / "b")[1]
    attack(31, "a request swapped under the owner's eyes", tries, done, "told that this is not wanted any more", fell)


def twice(bench: GateBench, folder: Path) -> tuple[int, int]:
    """One consent, used again: at once, later, after a restart."""
    shop = Workshop(bench, folder)

    def jump(session: Session) -> None:
        session.set_time(2_000_000_000, far=True)

    def on(session: Session) -> None:
        session.config_set("passive", 1)

    with_consent = 0
    assert not shop.ask(on) and bench.consent(shop.owner).ok
    with_consent += shop.ask(on)
    assert shop.ask(lambda session: session.config_set("passive", 0)), "what protects needs none"
    shop.wrong(on)
    assert with_consent == 1
    shop.rest()
    assert not shop.ask(weaken)
    bench("wait", n.APPROVAL_MS + 1000)
    assert bench.consent(shop.owner).verdict == n.NOTHING_WANTED, "its time was over"
    shop.wrong(weaken)
    shop.rest()
    assert not shop.ask(weaken) and bench.consent(shop.owner).ok
    bench("boot")
    shop.wrong(weaken)
    return shop.tries, shop.done


def test_one_consent_twice(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    tries, done = twice(bench, tmp_path / "a")
    with twin(tmp_path, AGAIN) as other:
        fell = twice(other, tmp_path / "b")[1]
    attack(31, "one consent, used again", tries, done, "done once", fell)


def test_a_session_that_asks_all_the_time(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    """Whatever the owner does meanwhile, but for the consent itself, is none; and the owner is asked three times in ten
    minutes at most."""
    shop = Workshop(bench, tmp_path / "a")
    wanted: list[tuple[int, bytes | None]] = [
        (n.UNLOCK, None), (n.LOCK, None), (n.DRIVE, None), (n.STATUS, None), (n.REPORT, None), requests.listing(),
        requests.rename(0, "Ada"), requests.set_time(1_800_000_000), requests.wanted(), requests.end_passes(),
    ]  # fmt: skip
    for held in (0, 1):
        bench("button", held)
        for action, body in wanted:
            for link in (n.LINK_BLE << 8, NFC):
                shop.wrong(weaken)
                bench.act(shop.owner, action, link, body)
                shop.wrong(weaken)
                shop.wrong(enrol(role=n.ROLE_OWNER))
                bench("wait", n.APPROVAL_MS + 1)
    assert bench.act(shop.owner)[0].ok
    attack(31, "a session that asks all the time", shop.tries, shop.done, "opened; was asked for nothing in between")


def held(bench: GateBench, folder: Path) -> tuple[int, int]:
    """A card's consent wants the button held: whoever is at the cable resets the car meanwhile."""
    shop = Workshop(bench, folder)
    tries = done = 0
    reset = bytes([n.F_RESET, n.PROTOCOL])
    assert not shop.ask(weaken)
    bench("button", 1)
    for _ in range(10):
        bench("watch")
        tries += 1
        done += bench.frame(reset)[0] != n.F_REFUSAL
        bench("wait", 1000)
    return tries, done


def test_a_button_that_is_held_for_consent(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    tries, done = held(bench, tmp_path / "a")
    bench("wait", n.APPROVAL_MS)
    for _ in range(10):
        bench("watch")
        bench("wait", 1000)
    with twin(tmp_path, WHILE_PENDING) as other:
        fell = held(other, tmp_path / "b")[1]
    attack(31, "a reset while the button is held for consent", tries, done, "all keys were there", fell)
