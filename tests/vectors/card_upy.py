# SPDX-License-Identifier: MIT
"""The agent's card modules against NXP's and our own vectors; runs under MicroPython. Arguments: both files."""

import json
import sys

from agent.credential import chain, ev2, visit
from agent.crypto import aes, cbc, kdf
from agent.crypto.cmac import Cmac
from agent.errors import AuthError
from agent.store.ring import cred
from wire import numbers as n
from wire import ticket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

done = 0


def check(name: str, got: object, want: object) -> None:
    global done
    done += 1
    if got != want:
        print("FAIL", name, got, want)
        sys.exit(1)


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


def refused(name: str, run: "Callable", *arguments: object) -> None:
    try:
        run(*arguments)
    except AuthError:
        return check(name, True, True)
    check(name, "accepted", "refused")


def stored(handout: bytes, chain_key: bytes, epoch: int) -> "cred.Cred":
    """The store's view of a card."""
    one = cred.new(1, n.KIND_CARD, n.ROLE_OWNER, n.RIGHTS_KNOWN, "", handout, chain_key)
    one.epoch = epoch
    return one


with open(sys.argv[1]) as file:
    nxp = json.load(file)
with open(sys.argv[2]) as file:
    ours = json.load(file)
if len(sys.argv) > 3:
    aes.pick((sys.argv[3],))

for name in ("ev2first", "ev2first_key3"):
    case = nxp[name]
    rnd_a = case.get("rnd_a")
    session = ev2.Session(case["key_no"], unhex(case["key"]), unhex(rnd_a))
    check("part 1", session.begin(), unhex("90710000020%d0000" % case["key_no"]))
    check("part 2", session.prove(unhex(case["answer_1"])), unhex(case["apdu_2"]))
    bent = bytearray(unhex(case["answer_2"]))
    bent[9] ^= 1
    refused("bent proof", session.verify, bytes(bent))
    session.verify(unhex(case["answer_2"]))
    check("keys", (session._enc, session._ti), (unhex(case["ses_enc"]), unhex(case["ti"])))
    assert session._mac is not None
    check("MAC key", session._mac.mac(b"x"), Cmac(unhex(case["ses_mac"])).mac(b"x"))


def opened(case: dict) -> ev2.Session:
    session = ev2.Session(0, bytes(16), bytes(16))
    session._enc = unhex(case["ses_enc"])
    session._mac = Cmac(unhex(case["ses_mac"]))
    session._ti = unhex(case["ti"])
    session._counter = case["cmd_ctr"]
    return session


for case in nxp["messages"]:
    if case["mode"] != 3:
        continue
    session = opened(case)
    apdu = session.command(int(case["ins"], 16), unhex(case["header"]), unhex(case["data"]))
    want = unhex(case["apdu"])
    check(case["name"], apdu, want)
    answer = unhex(case["answer"])
    response = unhex(case["response"])
    for at in range(len(response)):
        bent = bytearray(response)
        bent[at] ^= 1 << (at & 7)
        refused("bent answer", session.answer, bytes(bent), len(answer))
    refused("short answer", session.answer, response[1:], len(answer))
    check("answer", session.answer(response, len(answer)), answer)

for name in ("change_file_settings", "change_key_other", "change_key_zero"):
    case = nxp[name]
    session = opened(case)
    apdu = unhex(case["apdu"])
    check(name, session.command(apdu[1], apdu[5:6], unhex(case["plain"])), apdu)
    check("its IV", bytes(opened(case)._iv(b"\xa5\x5a")), unhex(case["iv"]))
    response = unhex(case["response"])
    if len(response) > 2:  # key 0 changes with no MAC: its session is over
        refused("bent answer", session.answer, b"\x01" + response[1:], 0)
        check("answer", session.answer(response, 0), b"")
case = nxp["an10922"][0]
check("AN10922", Cmac(unhex(case["master"])).mac(b"\x01" + unhex(case["input"])), unhex(case["diversified"]))
case = nxp["ev2nonfirst"]
for name in ("enc", "mac"):
    sv = unhex(case["sv1" if name == "enc" else "sv2"])
    check("NonFirst", Cmac(unhex(case["key"])).mac(sv), unhex(case["ses_" + name]))
case = nxp["sdm_session_keys"]
check("SDM", Cmac(unhex(case["key"])).mac(unhex(case["sv2"])), unhex(case["ses_mac"]))
check("SDM", Cmac(unhex(case["key"])).mac(unhex(case["sv1"])), unhex(case["ses_enc"]))

for case in nxp["sdm_mirrors"]:
    count = case["counter"].to_bytes(3, "little")
    tag = b"\xc7" + unhex(case["uid"]) + count
    picc = bytes(cbc.decrypt(bytes(16), bytes(16), unhex(case["enc_picc_data"])))
    check(case["name"], picc[:11], tag)
    context = b"\x00\x01\x00\x80" + tag[1:]
    if "enc" in case:
        key = Cmac(bytes(16)).mac(b"\xc3\x3c" + context)
        iv = bytes(cbc.encrypt(key, bytes(16), count + bytes(13)))
        check("file data", bytes(cbc.decrypt(key, iv, unhex(case["enc"]))), unhex(case["plain"]))
    mac = Cmac(Cmac(bytes(16)).mac(b"\x3c\xc3" + context)).mac(case["mac_input"].encode())
    check("SDMMAC", bytes(mac[i] for i in range(1, 16, 2)), unhex(case["mac"]))

for size in range(40):
    plain = bytes(range(size))
    sealed = cbc.encrypt(bytes(16), bytes(16), cbc.pad(plain))
    check("padding", cbc.unpad(cbc.decrypt(bytes(16), bytes(16), sealed)), plain)
for bad in (bytes(16), b"\x01" + bytes(15), bytes(15) + b"\x01", b"\x80" + bytes(16)):
    refused("no padding", cbc.unpad, bad)

one = ours["keysets"][0]
handout, first = chain.first_keys(unhex(one["root"]), unhex(one["agent_id"]), one["handle"])
check("access key", (handout, first), (unhex(one["keys"][3]), unhex(one["chain"])))
check("ticket", ticket.ticket(0, kdf.derive(Cmac(first), ticket.LABEL)), unhex(one["ticket"]))
check("record", ticket.handle(unhex(one["record"])), one["handle"])
for at in (2, 3, 4, 7):
    bent = bytearray(unhex(one["record"]))
    bent[at] ^= 1
    check("record of somebody else", ticket.handle(bytes(bent)), -1)

for case in ours["taps"]:
    said = [(unhex(apdu), unhex(response)) for apdu, response in case["apdus"]]
    key = unhex(case["chain"])
    places = ((case["epoch"], key, True), (case["epoch"] + 1, unhex(case["next_chain"]), False), (9, bytes(16), False))
    for epoch, kept, good in places:
        one_visit = visit.Visit(stored(handout, kept, epoch), unhex(case["random"]) * 2)
        check("SELECT", visit.SELECT, said[0][0])
        check("READ", visit.READ_RECORD, said[1][0])
        check("handle", visit.handle(said[1][1]), one["handle"])
        check("71", one_visit.begin(), said[2][0])
        check("AF", one_visit.prove(said[2][1]), said[3][0])
        check("AD", one_visit.read(said[3][1]), said[4][0])
        one_visit.tickets(said[4][1])
        if not good:
            check("stale", (one_visit.reason, one_visit.copied), (n.STALE, True))
            continue
        check("good", (one_visit.reason, one_visit.copied), (n.OK, False))
        check("next", one_visit.following, unhex(case["next_chain"]))
        check("8D", one_visit.roll(), said[5][0])
        one_visit.rolled(said[5][1])
print("met", done)
