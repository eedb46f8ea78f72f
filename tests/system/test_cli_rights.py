# SPDX-License-Identifier: MIT
"""The command line with a car that stays: time, passes, recovery codes, an owner's requests, the doctor.

The car is a process of its own; commands run in this one.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.system.test_sim_terminal import PASSPHRASE, Started, home, started
from tests.system.test_sim_terminal import command as run

__all__ = ["home", "started"]  # the fixtures
pytestmark = pytest.mark.machine_time  # that of the car's process


def data(home: Path, *words: str, code: int = 0) -> Any:
    found = json.loads(run(home, "--json", *words, code=code))
    return found["data"] if code == 0 else found["error"]["code"]


@pytest.fixture
def car(home: Path, started: Started) -> Path:
    """A claimed car with Ada's key in ada.txt."""
    (home / "pass").write_text(PASSPHRASE)
    key = ("--passphrase-file", str(home / "pass"))
    run(home, "vault", "init", *key)
    run(home, "device", "claim", "--port", "sim:car", *key)
    run(home, "key", "add", "phone", "--role", "owner", "--label", "Ada", "--port", "sim:car", *key)
    run(home, "key", "qr", "0", "-o", str(home / "ada.txt"), *key)
    return home


def at(home: Path) -> tuple[str, ...]:
    return "--port", "sim:car", "--passphrase-file", str(home / "pass")


def test_time(car: Path) -> None:
    assert data(car, "time", "show", *at(car))["trusted"] is False
    assert data(car, "time", "set", *at(car))["trusted"] is True
    assert data(car, "time", "set", "--to", "2026-01-01T12:00+00:00", *at(car), code=1) == "time_back"
    assert data(car, "time", "set", "--to", "2099-01-01", *at(car), code=1) == "time_too_far"
    assert data(car, "time", "set", "--to", "soon", *at(car), code=2) == "usage"
    assert data(car, "time", "set", "--far", "--to", "2099-01-01", *at(car), code=2) == "usage"
    shown = data(car, "time", "show", *at(car))
    assert shown["trusted"] and abs(shown["behind"]) <= 60
    rows = data(car, "log", "show", *at(car))["entries"]
    assert {row["clock"] for row in rows} == {"unix", "uptime"}


def test_settings(car: Path) -> None:
    settings = data(car, "config", "get", *at(car))["settings"]
    assert (settings["pulse_ms"], settings["test_unit"]) == (400, 0) and len(settings) == 6
    assert data(car, "config", "set", "test_unit", "1", *at(car))["settings"] == {"test_unit": 1}
    assert data(car, "config", "get", "test_unit", *at(car))["settings"] == {"test_unit": 1}
    assert data(car, "config", "set", "pulse_ms", "1", *at(car), code=1) == "bad_value"
    assert data(car, "config", "set", "pulse", "1", *at(car), code=1) == "no_such_setting"
    assert data(car, "config", "set", "pulse_ms", "-1", *at(car), code=2) == "usage"


def test_a_pass_from_making_to_ending(car: Path) -> None:
    ada, pass_ = str(car / "ada.txt"), str(car / "guest.txt")
    assert data(car, "sim", "phone", "--key", ada, "time")["acts"][0]["ok"]
    wide = str(car / "wide.txt")
    made = data(car, "pass", "create", "--key", ada, "--uses", "2", "--until", "2090-01-01", "-o", wide)
    assert made["uses"] == 2 and made["depth"] == 0
    narrow = data(car, "pass", "create", "--pass", wide, "--actions", "unlock", "--lasts", "2h", "-o", pass_)
    assert (narrow["actions"], narrow["uses"], narrow["lasts"], narrow["id"]) == ("unlock", 2, 7200, made["id"])
    assert data(car, "pass", "inspect", pass_)["caveats"] == made["caveats"] + 2
    acts = data(car, "sim", "phone", "--key", pass_, "unlock")["acts"]
    assert acts[0]["ok"] and acts[0]["doors"] == "unlocked"
    assert data(car, "sim", "phone", "--key", pass_, "--nfc", "unlock")["acts"][0]["ok"]
    assert data(car, "sim", "phone", "--key", pass_, "unlock", code=1) == "refused"
    assert data(car, "pass", "revoke", "--key", ada, "--pass", pass_)["ended"] == made["id"]
    assert data(car, "sim", "phone", "--key", str(car / "wide.txt"), "unlock", code=1) == "refused"
    assert data(car, "pass", "revoke", "--key", ada, "--all")["ended"] == "all"
    again = data(car, "pass", "create", "--key", ada, "--uses", "1", "-o", str(car / "next.txt"))
    assert again["id"] != made["id"]
    assert data(car, "sim", "phone", "--key", str(car / "next.txt"), "--nfc", "unlock")["acts"][0]["ok"]


def test_bad_passes_are_told_apart(car: Path) -> None:
    ada = str(car / "ada.txt")
    out = ("-o", str(car / "x.txt"))
    for words in (
        ("--uses", "0"),
        ("--hours", "noon"),
        ("--hours", "mon,25:00-26:00"),
        ("--lasts", "long"),
        ("--actions", "fly"),
        ("--until", "x"),
    ):
        assert data(car, "pass", "create", "--key", ada, *words, *out, code=2) == "usage"
    (car / "bent.txt").write_text("nightlatch:pass#AAAA")
    assert data(car, "pass", "inspect", str(car / "bent.txt"), code=2) == "usage"
    assert data(car, "pass", "create", "--pass", str(car / "bent.txt"), "--uses", "1", *out, code=2) == "usage"
    assert not (car / "x.txt").exists()


def test_recovery_sheet_and_use(car: Path) -> None:
    sheet = car / "sheet.svg"
    made = data(car, "recovery", "sheet", "--count", "3", "-o", str(sheet), *at(car))
    assert made["handles"] == [1, 2, 3] and sheet.stat().st_mode & 0o777 == 0o600
    assert data(car, "recovery", "sheet", "-o", str(sheet), *at(car), code=2) == "usage"
    from xml.etree import ElementTree

    texts = [node.text or "" for node in ElementTree.fromstring(sheet.read_text()).iter() if node.tag.endswith("text")]
    codes = [texts[place + 1] + texts[place + 2] for place, text in enumerate(texts) if text.startswith("No. ")]
    for place, words in ((0, ("--port", "sim:car")), (1, ("--car", "car"))):
        (car / "code").write_text(codes[place].lower() + "\n")
        use = ("recovery", "use", "--code-file", str(car / "code"), *words)
        assert data(car, *use)["doors"] == "unlocked"
        assert data(car, *use, code=1) == "code_used"
    (car / "code").write_text(codes[2][:-1] + ("A" if codes[2][-1] != "A" else "B"))
    assert data(car, "recovery", "use", "--code-file", str(car / "code"), "--port", "sim:car", code=2) == "usage"


def test_an_owner_at_the_car_and_the_doctor(car: Path) -> None:
    ada = str(car / "ada.txt")
    found = data(car, "device", "doctor", *at(car))
    assert not found["healthy"]
    assert [loss["what"] for loss in found["losses"] if loss["strands"]] == ["the phone of “Ada”, owner phone 0"]
    run(car, "key", "add", "phone", "--label", "Bea", *at(car))
    run(car, "recovery", "sheet", "-o", str(car / "s.svg"), *at(car))
    found = data(car, "device", "doctor", *at(car))
    assert found["healthy"] and not any(loss["strands"] for loss in found["losses"])
    words = ("rename", "1", "Bea's phone", "list", "clear", "1", "0-0000", "revoke", "1")
    acts = data(car, "sim", "phone", "--key", ada, *words)["acts"]
    assert [act["ok"] for act in acts] == [True] * 4
    assert [key["label"] for key in acts[1]["keys"]][:2] == ["Ada", "Bea's phone"]
    assert data(car, "sim", "phone", "--key", ada, "revoke", "0", code=1) == "refused"
    assert data(car, "sim", "phone", "--key", ada, "clear", "1", "0-0000", code=1) == "refused", "revoked for good"
    for waits in (["wanted"], ["approve", "5f1d0001"]):
        assert data(car, "sim", "phone", "--key", ada, *waits, code=1) == "refused", "nothing waits for consent"
    for asked in (("revoke", "me"), ("clear", "me", "0-0000"), ("clear", "1"), ("approve",)):
        assert data(car, "sim", "phone", "--key", ada, *asked, code=2) == "usage"
    assert data(car, "key", "clear", "0", "0-0000", *at(car))["handle"] == 0
    assert data(car, "key", "clear", "1", "0-0000", *at(car), code=1) == "key_revoked"
    run(car, "key", "rename", "0", "Ada's phone", *at(car))
    rows = data(car, "key", "list", *at(car))["keys"]
    shown = [(row["label"], row["state"]) for row in rows[:2]]
    assert shown == [("Ada's phone", "active"), ("Bea's phone", "revoked")]
    log = data(car, "log", "show", *at(car))["entries"]
    revoked = next(row for row in log if row["action"] == "revoke")
    assert (revoked["who"], revoked["link"], revoked["detail"]) == ("Bea's phone", "ble", 0)
    text = run(car, "device", "doctor", *at(car))
    assert "last owner" in text and "If this is lost" in text
