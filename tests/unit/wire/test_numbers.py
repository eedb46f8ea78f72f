# SPDX-License-Identifier: MIT
"""The numbers of the wire: no two names of one group share a value, and what must differ or fit does."""

import ast
import uuid
from itertools import combinations

import pytest

from nightlatch.micropython import FIRMWARE
from nightlatch.wire import numbers as n

SOURCE = (FIRMWARE / "wire" / "numbers.py").read_text()
# Groups that a name's beginning does not give away: (first, last) in the order of the file.
RUNS = {"actions": ("UNLOCK", "REPORT"), "verdicts": ("OK", "FULL")}
PREFIXES = (
    "AGENT", "CRED", "C", "DOORS", "EVENT", "FLAG", "F", "INS", "KIND", "LINK", "RIGHT", "ROLE", "R", "STATE", "UUID"
)  # fmt: skip
NO_MEMBERS = {
    "F_ANSWER",
    "R_ANSWER",
    "AGENT_ID_SIZE",
    "FLAGS_KNOWN",
    "LINK_STRANGER_MS",
    "LINK_HOLDER_MS",
    "LINK_REFUSALS",
}


def names() -> list[str]:
    """All names, in the order of the file; each is bound once."""
    found = [
        target.id
        for node in ast.parse(SOURCE).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert len(set(found)) == len(found)
    return found


def groups() -> dict[str, dict[str, object]]:
    every = names()
    found = {prefix: [name for name in every if name.startswith(prefix + "_")] for prefix in PREFIXES}
    for group, (first, last) in RUNS.items():
        found[group] = every[every.index(first) : every.index(last) + 1]
    return {
        group: {name: getattr(n, name) for name in members if name not in NO_MEMBERS}
        for group, members in found.items()
    }


@pytest.mark.parametrize("group", [*PREFIXES, *RUNS])
def test_no_two_names_share_a_value(group: str) -> None:
    members = groups()[group]
    assert len(members) >= 1
    shared = [(a, b) for a, b in combinations(members, 2) if members[a] == members[b]]
    assert shared == []


@pytest.mark.parametrize("group", ["FLAG", "RIGHT", "STATE"])
def test_bits_are_single(group: str) -> None:
    assert all(
        isinstance(value, int) and value and value & (value - 1) == 0 for value in groups()[group].values()
    )


def test_the_groups_are_whole() -> None:
    sizes = {group: len(members) for group, members in groups().items()}
    assert sizes["actions"] == 15 and sizes["verdicts"] == 29 and sizes["UUID"] == 5
    assert (
        sizes["C"] == 30
        and sizes["R"] == 23
        and sizes["F"] == 8
        and sizes["RIGHT"] == 8
        and sizes["EVENT"] == 23
    )


def test_actions_fit_their_four_bits_and_events_begin_behind() -> None:
    assert all(isinstance(value, int) and 0 < value < 16 for value in groups()["actions"].values())
    assert all(isinstance(value, int) and value >= 32 for value in groups()["EVENT"].values())


def test_all_rights_and_flags_are_known() -> None:
    assert sum(value for value in groups()["RIGHT"].values() if isinstance(value, int)) == n.RIGHTS_KNOWN
    assert sum(value for value in groups()["FLAG"].values() if isinstance(value, int)) == n.FLAGS_KNOWN


def test_requests_and_frames_leave_the_answer_bit_free() -> None:
    assert all(isinstance(value, int) and value < n.R_ANSWER for value in groups()["R"].values())
    asked = [value for name, value in groups()["F"].items() if name != "F_REFUSAL"]
    assert all(isinstance(value, int) and value < n.F_ANSWER or value == n.FRAME_MAX for value in asked)
    assert n.F_REFUSAL not in [value | n.F_ANSWER for value in asked if isinstance(value, int)]


def test_identifiers() -> None:
    uuids = [uuid.UUID(str(value)) for value in groups()["UUID"].values()]
    assert len(set(uuids)) == 5 and len({value.int & ~(0xFFFF << 96) for value in uuids}) == 1
    assert 5 <= len(n.AID) <= 16 and n.AID[0] >> 4 == 0xF, "ISO/IEC 7816-4: a proprietary AID"
    assert n.CLA & 0x80 and n.CLA != 0xFF


def test_sizes_and_times_fit_together() -> None:
    assert n.TOKEN_HEAD + n.TAG_SIZE == n.TOKEN_SIZE == 20, "one packet of the default ATT MTU"
    assert n.ANSWER_HEAD + n.TAG_SIZE == n.ANSWER_SIZE
    assert n.PUSH_MS < n.CHALLENGE_MS < n.LINK_STRANGER_MS < n.LINK_HOLDER_MS
    assert n.HANDLE_LAST < n.HANDLE_NONE == 0xFFFF and n.EPOCH_LAST + 2 * n.EPOCH_AHEAD <= 0xFFFFFFFF + 1
    assert n.OK == n.C_OK == 0
