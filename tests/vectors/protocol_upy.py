# SPDX-License-Identifier: MIT
"""The agent's own modules against the published vectors; runs under MicroPython. Argument: the vector file."""

import json
import sys

from agent.channel.car import car_keys
from agent.credential import chain
from agent.crypto import ccm, kdf
from agent.crypto.cmac import Cmac
from wire import frame, ticket
from wire import numbers as n


def check(name: str, got: object, want: object) -> None:
    if got != want:
        print("FAIL", name)
        sys.exit(1)


with open(sys.argv[1]) as file:
    vectors = json.load(file)

done = 0
steps = vectors["steps"]
handout, key = chain.first_keys(bytes.fromhex(steps["root"]), bytes.fromhex(vectors["session"]["agent_id"]), 0)
check("hand-out", handout, bytes.fromhex(steps["handout"]))
for epoch, row in enumerate(steps["epochs"]):
    data = {name: bytes.fromhex(value) for name, value in row.items()}
    mac = Cmac(key)
    check("chain", key, data["chain"])
    check("token key", chain.told_key(key), data["token_key"])
    check("mark", chain.mark(data["token_key"]), data["mark"])
    for label in ("told", "answer", "identity", "pass"):
        check(label, kdf.derive(mac, label.encode()), data[label])
    for label in ("request", "reply"):
        check(label, kdf.derive(mac, label.encode(), data["accepted"]), data[label])
    check("ticket", ticket.ticket(epoch, kdf.derive(mac, ticket.LABEL)), data["ticket"])
    key = chain.next_key(mac, data["accepted"])
    done += 1

case = {name: bytes.fromhex(value) for name, value in vectors["session"].items()}
check("car keys", car_keys(case["agent_id"], case["claim_key"]), (case["veil_key"], case["log_key"], case["link_key"]))
check("proof", Cmac(case["claim_key"]).mac(b"claimed" + case["agent_id"])[:8], case["claim_proof"])
check("next link key", Cmac(case["link_key"]).mac(b"next"), case["next_link_key"])
nonces = bytes((n.PROTOCOL,)) + case["host_nonce"] + case["car_nonce"]
mac = Cmac(case["link_key"])
opened = ccm.Ccm(kdf.derive(mac, b"host to car", nonces), n.RECORD_TAG).open(bytes(13), b"", case["request_sealed"])
check("request", opened, case["request"])
sealed = ccm.Ccm(kdf.derive(mac, b"car to host", nonces), n.RECORD_TAG).seal(b"\x01" + bytes(12), b"", case["answer"])
check("answer", sealed, case["answer_sealed"])
check("log", Cmac(case["log_key"]).mac(case["log_before"] + case["log_entry"])[:8], case["log_chain"])
for item in vectors["frames"]:
    payload, framed = bytes.fromhex(item["payload"]), bytes.fromhex(item["frame"])
    check("frame", frame.encode(payload), framed)
    check("frame back", frame.Decoder().push(framed), [payload])
    done += 1
print("met", done)
