# SPDX-License-Identifier: MIT
"""Makes the published vectors of our protocol with the host's cryptography: `python -m tests.vectors.protocol_make`.

Every input is derived from a name by SHA-256, so that nobody can have chosen it. The agent must meet the same file.
"""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from nightlatch.phone import keys
from nightlatch.wire import frame, messages, record
from nightlatch.wire import numbers as n
from tests.vectors import protocol_requests as more
from tests.vectors import protocol_rolling as chain
from tests.vectors.protocol_rolling import seed

FILE = Path(__file__).with_name("protocol.json")


def session() -> dict[str, Any]:
    agent_id, claim_key = seed("agent id"), seed("claim key")
    veil, log, link = keys.car_keys(agent_id, claim_key)
    host, car = seed("host nonce"), seed("car nonce")
    out = AESCCM(keys.derive(link, b"host to car", bytes([n.PROTOCOL]) + host + car), n.RECORD_TAG)
    back = AESCCM(keys.derive(link, b"car to host", bytes([n.PROTOCOL]) + host + car), n.RECORD_TAG)
    request, answer = bytes([n.R_STATUS]), bytes([n.R_STATUS | n.R_ANSWER, n.C_OK]) + b"an answer"
    first = bytes([0]) + bytes(4) + bytes(8)
    second = bytes([1]) + bytes(4) + bytes(8)
    entry = record.pack(
        messages.LOG_ENTRY,
        {"seq": 7, "time": 99, "link": 2, "action": 1, "handle": 3, "verdict": 0, "flags": 0, "detail": 0},
    )
    values = {
        "agent_id": agent_id,
        "claim_key": claim_key,
        "claim_proof": keys.cmac(claim_key, b"claimed" + agent_id)[:8],
        "veil_key": veil,
        "log_key": log,
        "link_key": link,
        "next_link_key": keys.next_key(link),
        "host_nonce": host,
        "car_nonce": car,
        "request": request,
        "request_sealed": out.encrypt(first, request, b""),
        "answer": answer,
        "answer_sealed": back.encrypt(second, answer, b""),
        "log_before": seed("chain", 8),
        "log_entry": entry,
        "log_chain": keys.cmac(log, seed("chain", 8) + entry)[:8],
    }
    return {name: value.hex() for name, value in values.items()}


def frames() -> list[dict[str, str]]:
    blocks = bytes(range(1, 255)) + bytes(range(1, 60))
    payloads = [b"\x01\x01", bytes(1), bytes(300), blocks, b"\xff" * 250, seed("frame", 32)]
    return [{"payload": payload.hex(), "frame": frame.encode(payload).hex()} for payload in payloads]


def whole() -> dict[str, Any]:
    return {
        "about": "Nightlatch protocol version 2; all byte strings in hexadecimal, see firmware/README.md",
        "steps": chain.steps(),
        "rolling": chain.exchanges(),
        "session": session(),
        "frames": frames(),
        "keys": [
            {**more.OWNER, "root": seed("owner").hex(), "epoch": more.EPOCH, "accepted": seed("accepted 0").hex()},
            {**more.DRIVER, "root": seed("driver").hex(), "epoch": 0, "accepted": ""},
        ],
        "waiting": more.waiting(),
        "requests": more.requests(),
        "passes": more.passes(),
        "recovery": more.recovery(),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(whole(), indent=1) + "\n")
