# SPDX-License-Identifier: MIT
"""The whole agent against the published requests, passes and recovery codes; runs under MicroPython. Argument: the
vector file. Each token is put to a car on its challenge; what comes back must be the published bytes."""

import gc
import json
import sys

from agent.credential import rolling
from tests.kit.target import BLE, Bench
from wire import numbers as n

with open(sys.argv[1]) as file:
    vectors = json.load(file)


def unhex(case):
    return {name: bytes.fromhex(value) for name, value in case.items() if isinstance(value, str) and name != "text"}


def car():
    """The car that all of them meet."""
    gc.collect()
    bench = Bench(claim=False)
    session = unhex(vectors["session"])
    bench.car.claim(session["agent_id"], session["claim_key"])
    for key in vectors["keys"]:
        identity, chain = rolling.first_keys(bytes.fromhex(key["root"]), session["agent_id"], key["handle"])
        values = key["handle"], n.KIND_PHONE, key["role"], key["rights"], key["label"]
        bench.store.enrol(*values, identity, chain)
        bench.store.set_state(bench.store.find(key["handle"]), key["state"])
    return bench


def present(bench, nonce, token):
    """The answer to a token on a challenge that the vector chose."""
    bench.gate._live[BLE] = nonce, bench.clock.ms(), bench.clock.uptime()
    return bench.gate.present(BLE, token)


def check(name, got, want):
    if got != want:
        print("FAIL", name, got, want)
        sys.exit(1)


done = 0
for case in vectors["requests"]:
    data = unhex({name: value for name, value in case.items() if name != "name"})
    bench = car()
    for at in range(len(data["token"])):
        bent = bytearray(data["token"])
        bent[at] ^= 1 << (at & 7)
        check("bent " + case["name"], present(bench, data["nonce"], bytes(bent))[1], False)
    check(case["name"], present(bench, data["nonce"], data["token"]), (data["answer"], True))
    done += 1

for case in vectors["passes"]:
    data = unhex({name: value for name, value in case.items() if name != "name"})
    bench = car()
    check(case["name"], present(bench, data["nonce"], data["token"]), (data["answer"], True))
    guest = bench.store.find(2)
    check("guest", (bytes(guest.identity), bytes(guest.chain)), (data["guest_identity"], data["guest_chain"]))
    done += 1

for case in vectors["recovery"]:
    data = unhex(case)
    bench = car()
    identity, chain = rolling.first_keys(data["root"], bytes(n.AGENT_ID_SIZE), case["handle"])
    check("keys of a code", (identity, chain), (data["identity"], data["chain"]))
    code = case["handle"], n.KIND_RECOVERY, n.ROLE_GUEST, n.RIGHT_UNLOCK, "", identity, chain
    bench.store.enrol(*code)
    check(case["text"], present(bench, data["nonce"], data["token"]), (data["answer"], True))
    check("once", present(bench, bytes(16), data["token"])[1], False)
    done += 1
print("met", done)
