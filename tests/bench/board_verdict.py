# SPDX-License-Identifier: MIT
"""On the emulated board: what verdicts cost with so many credentials. Image, sectors; prints one JSON object."""

import gc
import hashlib
import json
import sys

from tests.bench.board_count import BLE, Agent, count, heap
from wire import numbers as n

PHONES = 8


def refused(agent, make):
    """A token that make(challenge) gives: instructions, heap bytes, and flash bytes that were taken, of its refusal."""
    gate = agent.gate
    room = agent.store.room()
    cost = count(gate.present, BLE, make(gate.challenge(BLE)))
    taken, (_, accepted) = heap(gate.present, BLE, make(gate.challenge(BLE)))
    assert not accepted
    agent.settle()
    return {"instructions": cost, "heap": taken, "flash": room - agent.store.room()}


def accepted(agent, phone):
    """Instructions of an unlock that is accepted, from its token's bytes to its answer's; the lock moves."""
    token = phone.token(agent.gate.challenge(BLE))
    kept = []
    cost = count(lambda: kept.append(agent.gate.present(BLE, token)))
    assert kept[0][1]
    phone.read(kept[0][0])
    agent.settle()
    return cost


def collections(agent, phone):
    """How often the collector ran within 30 accepted verdicts while it was free to; the idle task between them."""
    ran = 0
    gc.threshold(-1)
    for _ in range(30):
        token = phone.token(agent.gate.challenge(BLE))
        gc.collect()
        before = gc.mem_alloc()
        answer, good = agent.gate.present(BLE, token)
        ran += gc.mem_alloc() < before
        assert good
        phone.read(answer)
        agent.settle()
    return ran


def main():
    gc.collect()
    free = gc.mem_alloc()
    agent = Agent(sys.argv[1], int(sys.argv[2]))
    gc.collect()
    kept = gc.mem_alloc() - free
    count_of = agent.store.next_handle()
    phones = [agent.phone(count_of * i // PHONES) for i in range(min(PHONES, count_of))]
    for phone in phones:
        assert agent.ask(phone)
    phone, thief, stale = phones[0], agent.phone(1), phones[1]
    thief.chain = bytes(16)
    unknown = agent.phone(count_of + 7)
    clone = stale.copy(1)
    for _ in range(2):  # of the epoch before a clone would be convicted, which costs flash once
        assert agent.ask(stale)
    data = bytes(64)
    used = phone.token(agent.gate.challenge(BLE), n.STATUS)
    phone.read(agent.gate.present(BLE, used)[0])
    agent.settle()
    result = {
        "credentials": count_of,
        "ram": kept,
        "sha256": count(lambda: hashlib.sha256(data).digest()),
        "accept": accepted(agent, phone),
        "accepts": [accepted(agent, other) for other in phones],
    }
    result["accept_heap"], (answer, good) = heap(agent.gate.present, BLE, phone.token(agent.gate.challenge(BLE)))
    assert good
    phone.read(answer)
    result["flush"] = count(agent.audit.flush)
    agent.settle()
    result["reject"] = {
        "unknown": refused(agent, unknown.token),
        "malformed": refused(agent, lambda nonce: bytes(19)),
        "used challenge": refused(agent, lambda nonce: used),
        "stale": refused(agent, clone.token),
        "bad tag": refused(agent, thief.token),
    }
    result["bad tags"] = [refused(agent, thief.token)["instructions"] for _ in range(PHONES)]
    result["collections"] = collections(agent, phones[2])
    print(json.dumps(result))


main()
