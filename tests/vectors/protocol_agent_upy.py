# SPDX-License-Identifier: MIT
"""The whole agent against the published exchanges, requests, passes and recovery codes; runs under MicroPython.

Argument: the vector file. Each token is put to a car on its challenge; what comes back must be the published bytes.
"""

import gc
import json
import sys

from agent.credential import chain
from agent.crypto import kdf
from agent.crypto.cmac import Cmac
from tests.kit.target import BLE, Bench
from wire import numbers as n

with open(sys.argv[1]) as file:
    vectors = json.load(file)
session = {name: bytes.fromhex(value) for name, value in vectors["session"].items()}


def unhex(case):
    found = {}
    for name, value in case.items():
        if isinstance(value, str) and name not in ("name", "text", "by"):
            found[name] = bytes.fromhex(value)
    return found


def claimed():
    gc.collect()
    bench = Bench(claim=False)
    bench.car.claim(session["agent_id"], session["claim_key"])
    return bench


def present(bench, nonce, token):
    """The answer to a token on a challenge that the vector chose."""
    bench.gate._live[BLE] = nonce, bench.clock.moment()
    return bench.gate.present(BLE, token)


def check(name, got, want):
    if got != want:
        print("FAIL", name, got, want)
        sys.exit(1)


def bent(token, step=1):
    """The token with one bit turned, at each of its bytes."""
    for at in range(0, len(token), step):
        other = bytearray(token)
        other[at] ^= 1 << (at & 7)
        yield bytes(other)


def stands(cred):
    attempt = None if cred.attempt is None else cred.attempt
    return cred.epoch, attempt, cred.chain, cred.before, cred.identity


def expected(stand):
    data = unhex(stand)
    return stand["epoch"], stand["attempt"], data["chain"], data["before"], data["identity"]


def rolling(case):
    """One exchange of a car that stands where the vector says."""
    data, stand = unhex(case), unhex(case["car"])
    bench = claimed()
    handle = case["handle"]
    for other in range(handle + 1):
        values = other, n.KIND_PHONE, n.ROLE_OWNER, n.RIGHTS_KNOWN, ""
        bench.store.enrol(*values, stand["handout"], stand["chain"])
    cred = bench.store.find(handle)
    if case["car"]["epoch"]:
        bench.store.step(cred, case["car"]["epoch"], stand["chain"], case["car"]["attempt"], stand["before"])
    cred.identity, cred.renew = stand["identity"], case["renew"]
    bench.store.amend(cred)
    if case["standing"] != n.CRED_ACTIVE:
        bench.store.set_state(cred, case["standing"])
    before = stands(bench.store.find(handle))
    for token in bent(data["token"], 3):
        answer, accepted = present(bench, data["nonce"], token)
        check("bent " + case["name"], (accepted, stands(bench.store.find(handle))), (False, before))
        check("its answer", answer != data["answer"], True)
    check(case["name"], present(bench, data["nonce"], data["token"]), (data["answer"], case["accepted"]))
    if case["standing"] != n.CRED_REVOKED:
        check("after " + case["name"], stands(bench.store.find(handle)), expected(case["after"]))
        want = n.CRED_SUSPECT if case["name"] in SUSPECT else case["standing"]
        check("standing after " + case["name"], bench.store.find(handle).state, want)


SUSPECT = ("another attempt", "report, elsewhere", "report, long behind")


def car():
    """The car that requests, passes and codes meet."""
    bench = claimed()
    for key in vectors["keys"]:
        handle = key["handle"]
        handout, first = chain.first_keys(bytes.fromhex(key["root"]), session["agent_id"], handle)
        bench.store.enrol(handle, n.KIND_PHONE, key["role"], key["rights"], key["label"], handout, first)
        cred = bench.store.find(handle)
        if key["epoch"]:
            following = chain.next_key(Cmac(first), bytes.fromhex(key["accepted"]))
            bench.store.step(cred, key["epoch"], following, 0, chain.told_key(first))
        bench.store.set_state(cred, key["state"])
    asked = vectors["waiting"]
    shown = {name: asked[name] for name in ("handle", "kind", "role", "rights", "text")}
    bench.office.consent.want(asked["request"], bytes.fromhex(asked["body"]), shown)
    return bench


done = 0
for case in vectors["rolling"]:
    rolling(case)
    done += 1

for case in vectors["requests"]:
    data = unhex(case)
    bench = car()
    for token in bent(data["token"]):
        check("bent " + case["name"], present(bench, data["nonce"], token)[1], False)
    check(case["name"], present(bench, data["nonce"], data["token"]), (data["answer"], True))
    done += 1

for case in vectors["passes"]:
    data = unhex(case)
    bench = car()
    if case["kept"]:
        owner = bench.store.find(0)
        owner.lent = kdf.derive(Cmac(owner.chain), b"pass")
        bench.store.amend(owner)
        following = chain.next_key(Cmac(owner.chain), bytes(16))
        bench.store.step(owner, 2, following, 0, chain.told_key(owner.chain))
    check(case["name"], present(bench, data["nonce"], data["token"]), (data["answer"], True))
    guest = bench.store.find(2)
    check("guest", (bytes(guest.handout), bytes(guest.chain)), (data["guest_handout"], data["guest_chain"]))
    done += 1

for case in vectors["recovery"]:
    data = unhex(case)
    bench = car()
    handout, first = chain.first_keys(data["root"], bytes(n.AGENT_ID_SIZE), case["handle"])
    check("keys of a code", (handout, first), (data["handout"], data["chain"]))
    bench.store.enrol(case["handle"], n.KIND_RECOVERY, n.ROLE_GUEST, n.RIGHT_UNLOCK, "", handout, first)
    check(case["text"], present(bench, data["nonce"], data["token"]), (data["answer"], True))
    check("once", present(bench, bytes(16), data["token"])[1], False)
    done += 1
print("met", done)
