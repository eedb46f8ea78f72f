# SPDX-License-Identifier: MIT
"""NXP's examples (ntag424.json), and the personalization of AN12196, 5.3 to 5.16, as one run of APDUs."""

import json
from pathlib import Path
from typing import Any, NamedTuple

NXP: dict[str, Any] = json.loads(Path(__file__).with_name("ntag424.json").read_text())
MESSAGES: dict[str, dict[str, Any]] = {case["name"]: case for case in NXP["messages"]}


class Exchange(NamedTuple):
    """An APDU and the response to it, in hex."""

    apdu: str
    response: str


def _authentication(name: str) -> list[Exchange]:
    case = NXP[name]
    return [Exchange(case[f"apdu_{part}"], case[f"answer_{part}"]) for part in (1, 2)]


def _one(case: dict[str, Any]) -> Exchange:
    return Exchange(case["apdu"], case["response"])


def run() -> list[Exchange]:
    """What goes over the air, in the note's order. Left out: 5.8.1 (does by other means what 5.8.2 does), and the
    selections of 5.11 and 5.13, which the note calls unneeded: they would end the session that 5.12 and 5.14 use."""
    plain = NXP["plain"]
    settings, version = plain["get_file_settings"], plain["get_version"]
    return [
        _one(plain["select_application"]),
        Exchange(settings["apdu"], settings["response"] + settings["missing"]),
        *map(Exchange, version["apdus"], version["responses"]),
        *_authentication("ev2first"),
        _one(MESSAGES["WriteData to file 2, CommMode.Full"]),
        _one(NXP["change_file_settings"]),
        *_authentication("ev2first_key3"),
        _one(MESSAGES["WriteData to file 3, CommMode.Full"]),
        *_authentication("ev2nonfirst"),
        _one(plain["write_cc"]),
        _one(NXP["change_key_other"]),
        _one(NXP["change_key_zero"]),
    ]


AUTHENTICATIONS = ("ev2first", "ev2first_key3", "ev2nonfirst")
