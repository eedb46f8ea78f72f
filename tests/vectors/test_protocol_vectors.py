# SPDX-License-Identifier: MIT
"""The published vectors of the protocol: the host makes them, the agent and the phone library meet them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nightlatch.micropython import ROOT
from nightlatch.phone import keys, recovery, requests
from nightlatch.phone.holder import Holder, State
from nightlatch.phone.passes import Introduction, decode, encode, issue, narrow
from nightlatch.wire import numbers as n
from tests.vectors import protocol_make


def published() -> dict[str, Any]:
    vectors: dict[str, Any] = json.loads(protocol_make.FILE.read_text())
    return vectors


def test_the_published_file_is_what_the_host_makes() -> None:
    assert published() == protocol_make.whole()


def test_the_agent_meets_them(upy: Callable[..., Any]) -> None:
    ran = upy(Path(__file__).with_name("protocol_upy.py"), str(protocol_make.FILE))
    assert ran.stdout.startswith("met ") and int(ran.stdout.split()[1]) > 20


def test_the_whole_agent_meets_requests_passes_and_codes(upy: Callable[..., Any]) -> None:
    script = Path(__file__).with_name("protocol_requests_upy.py")
    ran = upy(script, str(protocol_make.FILE), heap="4M", path=(ROOT,))
    assert ran.stdout == "met 13\n"


def test_the_phone_meets_requests() -> None:
    vectors = published()
    root, agent_id = bytes.fromhex(vectors["keys"][0]["root"]), bytes.fromhex(vectors["session"]["agent_id"])
    identity, chain = keys.first_keys(root, agent_id, 0)
    for case in vectors["requests"]:
        data = {name: bytes.fromhex(case[name]) for name in ("nonce", "body", "token", "reply", "answer")}
        veil = bytes.fromhex(vectors["session"]["veil_key"])
        holder = Holder(State(agent_id, veil, identity, chain, 0, attempt=case["attempt"]))
        assert holder.token(data["nonce"], case["action"], 0, data["body"]) == data["token"], case["name"]
        result = holder.answer(data["answer"])
        assert result.ok and result.reply == data["reply"]
    asked = (requests.set_time(1_800_000_000), requests.clear(1), requests.approve())
    made = {action: body.hex() for action, body in asked}
    assert made.items() <= {case["action"]: case["body"] for case in vectors["requests"]}.items()


def test_the_phone_meets_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = published()
    root, agent_id = bytes.fromhex(vectors["keys"][0]["root"]), bytes.fromhex(vectors["session"]["agent_id"])
    veil = bytes.fromhex(vectors["session"]["veil_key"])
    owner = State(agent_id, veil, *keys.first_keys(root, agent_id, 0), 0)
    for case in vectors["passes"]:
        data = {name: bytes.fromhex(value) for name, value in case.items() if isinstance(value, str) and name != "name"}
        chain = [bytes.fromhex(one) for one in case["caveats"]]
        monkeypatch.setattr("nightlatch.phone.passes.secrets.token_bytes", lambda size, data=data: data["ident"])
        one = narrow(issue(owner, chain[:1]), chain[1:])
        assert one.key.hex() == case["chain"][-1] and decode(encode(one)) == one
        wanted = Introduction(one)
        assert wanted.token(data["nonce"]) == data["token"]
        assert wanted.answer(data["answer"]).ok and wanted.holder is not None
        guest = wanted.holder.state
        assert (guest.handle, guest.identity, guest.chain) == (2, data["guest_identity"], data["guest_chain"])


def test_the_phone_meets_recovery_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    for case in published()["recovery"]:
        code = recovery.parse(case["text"])
        assert (code.handle, code.secret.hex(), code.root.hex()) == (case["handle"], case["secret"], case["root"])
        assert code.text == case["text"]
        monkeypatch.setattr("nightlatch.phone.recovery.secrets.randbelow", lambda limit, case=case: case["attempt"])
        holder = recovery.RecoveryHolder(code)
        assert holder.token(bytes.fromhex(case["nonce"])).hex() == case["token"]
        assert holder.answer(bytes.fromhex(case["answer"])).ok


def test_the_phone_meets_them() -> None:
    for case in published()["rolling"]:
        data = {name: bytes.fromhex(value) for name, value in case.items() if isinstance(value, str)}
        report = case["action"] == n.REPORT
        state = State(
            data["agent_id"],
            data["veil_key"],
            data["identity"],
            data["chain"],
            case["handle"],
            epoch=case["epoch"],
            attempt=case["attempt"],
            report=report,
        )
        holder = Holder(state)
        action = n.UNLOCK if report else case["action"]
        assert holder.token(data["nonce"], action, case["flags"]) == data["token"]
        result = holder.answer(data["answer"])
        assert result.verdict == case["status"]
        assert (result.doors, result.suspect) == (data["state"][0], bool(data["state"][1] & n.STATE_SUSPECT))
        assert holder.state.epoch == case["epoch"] + (case["status"] == n.OK)
