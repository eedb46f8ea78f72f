# SPDX-License-Identifier: MIT
"""What a car's flash lost, as values and in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..wire import numbers as n

SETTINGS = ("pulse_ms", "passive", "strict", "drive_s", "handed_over", "test_unit")  # as their identifiers go
_VALUES = {
    n.VALUE_CLAIM: ("whose car it is", "nothing opens: reset it and claim it again"),
    n.VALUE_LINK: ("the key of this cable", "reset it and claim it again before this session ends"),
    n.VALUE_BOOTS: ("how often it started", ""),
    n.VALUE_TIME: ("the time that it never falls below", "`nightlatch time set`"),
    n.VALUE_HANDLES: ("how many keys there ever were", "compare `nightlatch key list` with the vault's"),
    n.VALUE_UPDATE: ("where an update stood", "repeat the update"),
    n.VALUE_WIPE: ("that it was being reset", "reset it once more"),
    n.VALUE_ASKED: ("how often consent was asked for", "nothing to do"),
}


@dataclass(frozen=True)
class Losses:
    """Handles of damaged keys, identifiers of values, ranges of log entries (first, last), records without a name."""

    keys: tuple[int, ...] = ()
    values: tuple[int, ...] = ()
    log: tuple[tuple[int, int], ...] = ()
    nameless: int = 0

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int, int]]) -> "Losses":
        """From (what, first, last) as the wire has them."""
        keys: list[int] = []
        values: list[int] = []
        log: list[tuple[int, int]] = []
        nameless = 0
        for what, first, last in rows:
            if what == n.LOST_KEY:
                keys.append(first)
            elif what == n.LOST_VALUE:
                values.append(first)
            elif what == n.LOST_LOG:
                log.append((first, last))
            else:
                nameless += first
        return cls(tuple(sorted(keys)), tuple(sorted(values)), tuple(log), nameless)


def value_words(ident: int) -> tuple[str, str]:
    """What a value is to people, and what to do once it is lost ("" for nothing)."""
    if ident in _VALUES:
        return _VALUES[ident]
    if ident >= n.VALUE_PASSES:
        return f"pass {ident - n.VALUE_PASSES}", "give its holder another one"
    place = ident - n.VALUE_CONFIG
    if 0 <= place < len(SETTINGS):
        return f"the setting {SETTINGS[place]}: it is back at its default", "set it again"
    return f"value {ident}", ""


def words(losses: Losses, labels: Mapping[int, str]) -> list[tuple[str, str]]:
    """(what is lost, what to do) for people. `labels`: of keys, by handle, as the vault has them."""
    found = []
    for handle in losses.keys:
        name = f"key {handle} ({labels[handle]})" if labels.get(handle) else f"key {handle}"
        todo = f"`nightlatch key revoke {handle}`, then enrol its holder again"
        found.append((f"{name} is damaged and does not open", todo))
    for ident in losses.values:
        what, todo = value_words(ident)
        found.append((f"lost: {what}", todo))
    for first, last in losses.log:
        which = f"log entry {first} is" if first == last else f"log entries {first} to {last} are"
        found.append((f"{which} lost", ""))
    if losses.nameless:
        found.append((f"{losses.nameless} damaged records don't tell what they were", "compare keys and settings"))
    return found


def data(losses: Losses, labels: Mapping[int, str]) -> dict[str, object]:
    """The same for programs."""
    return {
        "keys": [{"handle": handle, "label": labels.get(handle)} for handle in losses.keys],
        "values": [{"id": ident, "what": value_words(ident)[0]} for ident in losses.values],
        "log": [{"first": first, "last": last} for first, last in losses.log],
        "nameless": losses.nameless,
    }
