# SPDX-License-Identifier: MIT
"""The published vectors of the protocol: the host makes them, the agent and the phone library meet them."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nightlatch.micropython import FIRMWARE, ROOT
from nightlatch.phone import keys, recovery, requests
from nightlatch.phone.holder import Holder
from nightlatch.phone.passes import Introduction, decode, encode, issue, narrow
from nightlatch.phone.state import State
from nightlatch.wire import numbers as n
from tests.vectors import protocol_make


def published() -> dict[str, Any]:
    vectors: dict[str, Any] = json.loads(protocol_make.FILE.read_text())
    return vectors


def test_the_published_file_is_what_the_host_makes() -> None:
    assert published() == protocol_make.whole()


def test_the_agent_meets_them(upy: Callable[..., Any]) -> None:
    ran = upy(Path(__file__).with_name("protocol_upy.py"), str(protocol_make.FILE))
    assert ran.stdout.startswith("met ") and int(ran.stdout.split()[1]) == 10


def test_the_whole_agent_meets_them(upy: Callable[..., Any]) -> None:
    script = Path(__file__).with_name("protocol_agent_upy.py")
    ran = upy(script, str(protocol_make.FILE), heap="4M", path=(ROOT,))
    vectors = published()
    count = sum(len(vectors[part]) for part in ("rolling", "requests", "passes", "recovery"))
    assert ran.stdout == f"met {count}\n" and count == 38


def test_the_first_exchange_is_what_an_agent_tries_itself_with() -> None:
    """agent/update/selftest.py, before it says that an update works."""
    case, steps = published()["rolling"][0], published()["steps"]
    source = (FIRMWARE / "agent" / "update" / "selftest.py").read_text()
    have = dict(re.findall(r'^([A-Z_]+) = bytes\.fromhex\("([0-9a-f]+)"\)$', source, re.MULTILINE))
    veil, agent_id = published()["session"]["veil_key"], published()["session"]["agent_id"]
    assert have == {"AGENT_ID": agent_id, "VEIL": veil, "ROOT": steps["root"]} | {
        "NONCE": case["nonce"],
        "TOKEN": case["token"],
    }


def owner(vectors: dict[str, Any], attempt: int | None = None) -> State:
    """The owner of the car that requests and passes meet."""
    session, key = vectors["session"], vectors["keys"][0]
    agent_id, veil = bytes.fromhex(session["agent_id"]), bytes.fromhex(session["veil_key"])
    handout, first = keys.first_keys(bytes.fromhex(key["root"]), agent_id, 0)
    chain = keys.next_chain(first, bytes.fromhex(key["accepted"]))
    return State(agent_id, veil, handout, handout, chain, 0, epoch=key["epoch"], attempt=attempt)


def test_the_phone_meets_requests() -> None:
    vectors = published()
    for case in vectors["requests"]:
        data = {name: bytes.fromhex(case[name]) for name in ("nonce", "body", "token", "reply", "answer")}
        holder = Holder(owner(vectors, case["attempt"]))
        assert holder.token(data["nonce"], case["action"], 0, data["body"]) == data["token"], case["name"]
        result = holder.answer(data["answer"])
        assert result.ok and result.reply == data["reply"]
        chain = keys.next_chain(owner(vectors).chain, data["nonce"])
        assert (holder.state.chain, holder.state.identity) == (chain, keys.derive(chain, b"identity"))
    made = {case["name"]: (case["action"], bytes.fromhex(case["body"])) for case in vectors["requests"]}
    driver = keys.first_keys(bytes.fromhex(vectors["keys"][1]["root"]), owner(vectors).agent_id, 1)[1]
    reply = next(bytes.fromhex(case["reply"]) for case in vectors["requests"] if case["name"] == "wanted")
    assert requests.wanted() == made["wanted"]
    assert requests.approve(requests.read_wanted(reply)) == made["approve"]
    assert requests.set_time(1_800_000_000) == made["set the time"]
    assert requests.clear(1, 0, keys.mark(driver)) == made["clear"]


def test_the_phone_meets_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = published()
    for case in vectors["passes"]:
        data = {name: bytes.fromhex(value) for name, value in case.items() if isinstance(value, str) and name != "name"}
        chain = [bytes.fromhex(one) for one in case["caveats"]]
        monkeypatch.setattr("nightlatch.phone.passes.secrets.token_bytes", lambda size, data=data: data["ident"])
        one = narrow(issue(Holder(owner(vectors)), chain[:1]), chain[1:])
        assert one.key.hex() == case["chain"][-1] and decode(encode(one)) == one
        wanted = Introduction(one)
        assert wanted.token(data["nonce"]) == data["token"]
        assert wanted.answer(data["answer"]).ok and wanted.holder is not None
        guest = wanted.holder.state
        assert (guest.handle, guest.handout, guest.chain) == (2, data["guest_handout"], data["guest_chain"])
        assert guest.identity == guest.handout


def test_the_phone_meets_recovery_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    for case in published()["recovery"]:
        code = recovery.parse(case["text"])
        assert (code.handle, code.secret.hex(), code.root.hex()) == (case["handle"], case["secret"], case["root"])
        assert code.text == case["text"]
        monkeypatch.setattr("nightlatch.phone.recovery.secrets.randbelow", lambda limit, case=case: case["attempt"])
        holder = recovery.RecoveryHolder(code)
        assert holder.token(bytes.fromhex(case["nonce"])).hex() == case["token"]
        assert holder.answer(bytes.fromhex(case["answer"])).ok


def phone(case: dict[str, Any]) -> Holder:
    """The phone of an exchange, standing where the vector says."""
    session, stand = published()["session"], case["phone"]
    agent_id, veil = bytes.fromhex(session["agent_id"]), bytes.fromhex(session["veil_key"])
    chain, handout, identity = (bytes.fromhex(stand[name]) for name in ("chain", "handout", "identity"))
    state = State(agent_id, veil, handout, identity, chain, case["handle"], epoch=stand["epoch"])
    lent = (keys.derive(chain, b"pass"), stand["epoch"]) if case["flags"] & n.FLAG_LEND else None
    holder = Holder(
        replace(
            state,
            attempt=stand["attempt"],
            asked=tuple((bytes.fromhex(one), n.UNLOCK) for one in stand["asked"]),
            accepted=tuple(bytes.fromhex(one) for one in stand["last"]),
            lent=lent,
        )
    )
    holder._behind = case["ahead"]
    if case["action"] == n.REPORT:
        holder.ask_why()
    return holder


@pytest.mark.parametrize("case", published()["rolling"], ids=lambda case: case["name"])
def test_the_phone_meets_an_exchange(case: dict[str, Any]) -> None:
    data = {name: bytes.fromhex(case[name]) for name in ("nonce", "token", "state", "answer")}
    holder = phone(case)
    before = holder.state
    action = n.UNLOCK if case["action"] == n.REPORT else case["action"]
    assert holder.token(data["nonce"], action, case["flags"] & n.FLAG_PASSIVE) == data["token"]
    result = holder.answer(data["answer"])
    fine = case["action"] == n.REPORT and case["status"] == n.OK  # which is no answer to what was asked for
    assert result.verdict == (None if fine else case["status"])
    if case["status"] in (n.OK, n.REPEAT) and case["by"] == "answer":
        after = case["car"] if case["status"] == n.REPEAT else case["after"]
        have = holder.state
        want = [bytes.fromhex(after[name]) for name in ("chain", "identity")]
        assert (have.epoch, [have.chain, have.identity]) == (after["epoch"], want)
        assert not have.asked and have.attempt is None and have.accepted != before.accepted
    else:
        assert (holder.state.epoch, holder.state.chain) == (before.epoch, before.chain)
        assert holder.state.asked[: len(before.asked)] == before.asked
