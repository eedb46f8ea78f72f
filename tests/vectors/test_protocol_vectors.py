# SPDX-License-Identifier: MIT
"""The published vectors of the protocol: the host makes them, the agent and the phone library meet them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nightlatch.phone.holder import Holder, State
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
