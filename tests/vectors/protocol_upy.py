# SPDX-License-Identifier: MIT
"""The agent's own modules against the published vectors; runs under MicroPython. Argument: the vector file."""

import json
import sys

from agent.credential import rolling
from agent.crypto import aes, ccm, kdf
from agent.crypto.cmac import Cmac
from agent.gate import car_keys
from wire import frame, token
from wire import numbers as n


class Cred:
    """The store's view of a credential, from a vector."""

    def __init__(self, case: dict, identity: bytes, chain: bytes, epoch: int) -> None:
        self.identity = identity
        self.chain = chain
        self.epoch = epoch
        self.accepted = 0
        self.attempt = 0
        self.state = n.CRED_ACTIVE


def check(name: str, got: object, want: object) -> None:
    if got != want:
        print("FAIL", name)
        sys.exit(1)


with open(sys.argv[1]) as file:
    vectors = json.load(file)

done = 0
for case in vectors["rolling"]:
    data = {name: bytes.fromhex(value) for name, value in case.items() if isinstance(value, str)}
    handle, epoch = case["handle"], case["epoch"]
    identity, first = rolling.first_keys(data["root"], data["agent_id"], handle)
    check("identity", identity, data["identity"])
    check("first chain", first, data["first_chain"])
    veil = bytearray(16)
    aes.new(data["veil_key"]).encrypt_into(data["nonce"], veil)
    check("handle", token.handle(data["token"], veil), handle)
    check("epoch", token.epoch_low(data["token"], veil), epoch & 0xFFFF)
    check("attempt", token.attempt(data["token"]), case["attempt"])
    for behind in range(min(epoch, n.EPOCH_AHEAD) + 1):
        chain = first
        for _ in range(epoch - behind):
            chain = Cmac(chain).mac(b"next")
        cred = Cred(case, identity, chain, epoch - behind)
        claim = rolling.examine(cred, data["nonce"], data["token"], veil)
        report = case["action"] == n.REPORT
        check("reason", claim.reason, n.OK)
        check("fresh", claim.fresh, not report)
        check("identity claim", claim.identity, report)
        if not report:
            check("step", claim.step, (epoch, data["chain"], case["attempt"]))
        answer = rolling.answer(claim.answer, data["nonce"], data["token"], case["status"], data["state"])
        check("answer", answer, data["answer"])
        for at in range(n.TOKEN_SIZE):
            bent = bytearray(data["token"])
            bent[at] ^= 1 << (at & 7)
            claim = rolling.examine(cred, data["nonce"], bent, veil)
            check("bent token is refused", claim.fresh or claim.identity, False)
        done += 1

case = {name: bytes.fromhex(value) for name, value in vectors["session"].items()}
check("car keys", car_keys(case["agent_id"], case["claim_key"]), (case["veil_key"], case["log_key"], case["link_key"]))
check("proof", Cmac(case["claim_key"]).mac(b"claimed" + case["agent_id"])[:8], case["claim_proof"])
check("next link key", Cmac(case["link_key"]).mac(b"next"), case["next_link_key"])
nonces = b"\x01" + case["host_nonce"] + case["car_nonce"]
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
