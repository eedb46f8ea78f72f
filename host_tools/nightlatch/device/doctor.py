# SPDX-License-Identifier: MIT
"""What is wrong with a car and why it did not open, in words; and which single loss would lock whom out.

Pure: from what a session tells to a report.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..wire import numbers as n
from . import types
from .losses import Losses, words
from .types import CarTime, KeyInfo, LogEntry, Status

READER_OK = 1
READER_GONE = 2
RADIO_OK = 1
_CRASHES = 3  # in a row: from here on the agent's own light shows it
_ALIVE = (n.CRED_ACTIVE, n.CRED_SUSPECT)
_FEW = 50  # that many more keys last a car for years, and a workshop until the next visit
_RESET = "agree on a day for `nightlatch device reset`: all keys are enrolled anew then; revoking makes no room"
_NAMED = 8  # keys in one sentence
_RECENT = 64  # entries of the log that are looked at for refusals

_ADVICE = {
    n.STALE: "another copy of this key was used since: if it is not its owner's new phone, revoke it and enrol again",
    n.REVOKED: "somebody still tries a revoked key: enrol a new one if it was revoked by mistake",
    n.SUSPENDED: "a second copy of the key was seen and the car is strict: see the finding about that key",
    n.SUSPECT: "two copies of this key are in use: revoke it and enrol a new one; or, if the other copy is known and "
    "gone, have another owner's phone clear it at the car, or `nightlatch key clear`",
    n.EXPIRED: "make another pass",
    n.NOT_YET: "wait, or make another pass",
    n.HOURS: "wait for its hours, or make another pass",
    n.USED_UP: "make another pass",
    n.NO_TIME: "set the time: `nightlatch time set`, or an owner's phone at the car",
    n.NO_RIGHT: "this key lacks the right: enrol one that has it",
    n.PASSIVE_OFF: "switch passive entry on, or press unlock",
    n.EXHAUSTED: "enrol the key again",
    n.BAD_PASS: "the issuer may not give this pass, or another phone showed it first: make a new one",
    n.FULL: "end old passes: `nightlatch pass revoke --all`",
    n.MALFORMED: "update the phone's app, or the firmware",
}


@dataclass(frozen=True)
class Facts:
    """What a session tells: status, time, all keys, the log oldest first, losses; labels as in the vault."""

    status: Status
    time: CarTime
    keys: Sequence[KeyInfo]
    log: Sequence[LogEntry]
    lost: Losses = field(default_factory=Losses)
    labels: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One thing that was seen, and what to do about it ("" for nothing). `bad`: it should not stay so."""

    what: str
    todo: str
    bad: bool


@dataclass(frozen=True)
class Loss:
    """If this were lost: handles of keys that stop, of keys that still open, the effect in words, what to do before.

    `strands`: somebody who uses the car every day would have no way in, recovery codes aside.
    """

    what: str
    stops: tuple[int, ...]
    left: tuple[int, ...]
    strands: bool
    effect: str
    todo: str


@dataclass(frozen=True)
class Report:
    """Findings, most pressing first, and losses."""

    findings: tuple[Finding, ...]
    losses: tuple[Loss, ...]

    @property
    def healthy(self) -> bool:
        """Nothing is wrong, and no single loss but the car's own battery locks anybody out."""
        return not any(finding.bad for finding in self.findings) and not any(loss.strands for loss in self.losses)


def examine(facts: Facts) -> Report:
    """The whole report."""
    found = [*_parts(facts), *_keys(facts), *_refusals(facts)]
    return Report(tuple(sorted(found, key=lambda finding: not finding.bad)), tuple(losses(facts)))


def _parts(facts: Facts) -> list[Finding]:
    status, time = facts.status, facts.time
    found = []
    if status.reader == READER_GONE:
        found.append(Finding("the NFC reader does not answer: no card, no tap opens", "check its cable; swap it", True))
    elif status.reader_faults:
        text = f"the NFC reader had to be reset {status.reader_faults} times since the start"
        found.append(Finding(text, "if that goes on: check its cable and its supply", False))
    outages = [entry.seq for entry in facts.log if entry.action == n.EVENT_READER and entry.verdict != n.OK]
    if outages:
        text = f"the NFC reader was gone {len(outages)} times (last in log entry {outages[-1]})"
        found.append(Finding(text, "check its cable and its supply", False))
    if status.radio != RADIO_OK:
        found.append(Finding("the radio is off: no phone opens over Bluetooth", "pull its fuse once", True))
    if status.crashes >= _CRASHES:
        text = f"the agent restarted {status.crashes} times in a row within a minute of its start (four flashes)"
        found.append(Finding(text, "check its supply; see the log for the last entry before each boot", True))
    hung = Counter(entry.link for entry in facts.log if entry.action == n.EVENT_HUNG)
    for link, times in sorted(hung.items()):
        text = f"{types.LINKS.get(link, '?')} hung and was started again: {times} entries of the log"
        found.append(Finding(text, "if that goes on: swap the agent, and keep the log", False))
    lost = words(facts.lost, facts.labels)
    found += [Finding(f"its flash is damaged: {what}", todo, True) for what, todo in lost]
    if status.damage and not lost:
        text = f"{status.damage} records of its flash are damaged"
        found.append(Finding(text, "list the keys; enrol what lacks", True))
    if status.retired:
        text = f"{status.retired} sectors of its flash are worn out; others serve in their place"
        found.append(Finding(text, "swap the agent at the next service", False))
    if not time.trusted:
        guests = any(_opens(key) and key.kind == n.KIND_PASS for key in facts.keys)
        text = "the time is not trusted since the last power loss: passes with dates wait"
        found.append(Finding(text, "`nightlatch time set`", guests))
    faults = sum(entry.action == n.EVENT_FAULT for entry in facts.log)
    if faults:
        found.append(Finding(f"{faults} faults inside the agent are in the log", "`nightlatch log show`", True))
    if status.left < _FEW:
        many = f"{status.left} more keys, cards, passes and recovery codes fit" if status.left else "no more key fits"
        text = f"{many} in it: {status.next_handle:,} of {status.capacity:,} were given, revoked ones included"
        found.append(Finding(text, _RESET, True))
    return found


def _keys(facts: Facts) -> list[Finding]:
    found = []
    for key in facts.keys:
        if key.state in (n.CRED_SUSPECT, n.CRED_SUSPENDED):
            text = f"{name(key)}: a second copy was seen at work"
            found.append(Finding(text, _ADVICE[n.SUSPECT], True))
    codes = [key for key in facts.keys if key.kind == n.KIND_RECOVERY]
    unused = sum(key.state == n.CRED_ACTIVE for key in codes)
    if not unused:
        found.append(Finding("there is no unused recovery code", "`nightlatch recovery sheet -o FILE.svg`", True))
    for entry in facts.log:
        if entry.action == n.RECOVER and entry.verdict == n.OK:
            link = types.LINKS.get(entry.link, "?")
            text = f"recovery code {entry.handle} was used over {link} (log entry {entry.seq})"
            found.append(Finding(text, f"if that was nobody of yours, revoke the others; {unused} are left", False))
    return found


def _refusals(facts: Facts) -> list[Finding]:
    names = {key.handle: name(key) for key in facts.keys}
    seen: Counter[tuple[int, int, int]] = Counter()
    last: dict[tuple[int, int, int], int] = {}
    for entry in facts.log[-_RECENT:]:
        if (entry.action < n.EVENT_BOOT and entry.verdict not in (n.OK, n.RECOVERED)) or entry.verdict == n.SUSPECT:
            mark = (entry.handle, entry.verdict, entry.action)
            seen[mark] += 1
            last[mark] = entry.seq
    found = []
    for (handle, verdict, action), count in seen.items():
        who = names.get(handle, "an unknown key")
        asked = types.ACTIONS.get(action, str(action))
        why = types.VERDICTS.get(verdict, str(verdict))
        text = f"{who} was refused “{asked}”: {why} ({count}×, last in entry {last[handle, verdict, action]})"
        full = verdict == n.FULL and not facts.status.left  # it is not the places for passes that are taken
        found.append(Finding(text, _RESET if full else _ADVICE.get(verdict, ""), False))
    return found


def losses(facts: Facts) -> list[Loss]:
    """Every single thing that can be lost, and whom that would strand."""
    keys = [key for key in facts.keys if _opens(key)]
    daily = [key for key in keys if key.kind != n.KIND_RECOVERY]
    reader = facts.status.reader == READER_OK
    radio = facts.status.radio == RADIO_OK
    codes = sum(key.kind == n.KIND_RECOVERY for key in keys)
    help_ = f"one of {codes} recovery codes" if codes else "nothing but a workshop with the vault"
    found = []
    for kind, word in ((n.KIND_PHONE, "phone"), (n.KIND_CARD, "card")):
        for key in daily:
            if key.kind == kind:
                left = [other for other in daily if other is not key and _reaches(other, reader, radio)]
                todo = "enrol a second key of another kind for its holder"
                found.append(_loss(f"the {word} of {name(key)}", [key], left, help_, todo))
    for what, has_reader, has_radio in (("the NFC reader", False, radio), ("the radio", reader, False)):
        left = [key for key in daily if _reaches(key, has_reader, has_radio)]
        stops = [key for key in daily if _reaches(key, reader, radio) and key not in left]
        todo = "see that every holder has a phone and a card"
        found.append(_loss(what, stops, left, help_, todo, everybody=True))
    guests = [key for key in daily if key.kind == n.KIND_PASS]
    left = [key for key in daily if key.kind != n.KIND_PASS]
    clock = _loss("the clock (any loss of power)", guests, left, help_, "", everybody=False)
    if guests:
        text = "passes with dates or hours wait until the time is set; all other keys open"
        clock = Loss(clock.what, clock.stops, clock.left, not left, text, "an owner's phone sets it: `time`")
    found.append(clock)
    handles = tuple(key.handle for key in keys)
    text = "nothing electronic opens; the mechanical key does, or 12 V at the terminals under the bonnet"
    found.append(Loss("the car's battery", handles, (), False, text, "keep the mechanical key apart from the car"))
    return found


def _loss(
    what: str, stops: list[KeyInfo], left: list[KeyInfo], help_: str, todo: str, everybody: bool = False
) -> Loss:
    """`everybody`: each holder whose key stops is stranded, unless another key is left at all."""
    handles = tuple(key.handle for key in stops), tuple(key.handle for key in left)
    if not stops:
        return Loss(what, *handles, False, "nobody is locked out", "")
    names = _names(stops)
    if left:
        text = f"{names} can't open; {_names(left)} still can"
        return Loss(what, *handles, False, text, todo if everybody else "")
    return Loss(what, *handles, True, f"{names} can't open and nobody else can: {help_} is left", todo)


def _names(keys: Sequence[KeyInfo]) -> str:
    """Some by name and how many besides: a fleet's car holds thousands."""
    more = len(keys) - _NAMED
    shown = keys[:_NAMED] if more > 1 else keys
    return ", ".join(name(key) for key in shown) + (f" and {more:,} others" if more > 1 else "")


def _opens(key: KeyInfo) -> bool:
    return key.state in _ALIVE and bool(key.rights & n.RIGHT_UNLOCK)


def _reaches(key: KeyInfo, reader: bool, radio: bool) -> bool:
    return reader if key.kind == n.KIND_CARD else reader or radio


def name(key: KeyInfo) -> str:
    """A key for people: its label, what it is, and its handle."""
    label = f"“{key.label}”, " if key.label else ""
    return f"{label}{types.ROLES.get(key.role, '?')} {types.KINDS.get(key.kind, '?')} {key.handle}"
