# SPDX-License-Identifier: MIT
"""What the agent's crypto promises beside right results: sizes, kinds of buffers, silence, bytes of heap."""

from typing import Any

import pytest

# What a call may take from the heap, in bytes: the result, and for a new object its key schedule. On a machine with
# 64-bit words the double.
HEAP_BOUNDS = {
    "cmac.mac": 48,
    "ct.equal": 0,
    "kdf.derive": 112,
    "encrypt_into": 0,
    "new Cmac": 448,
    "rand 16": 304,
}

SIZES = """
from agent.crypto import aes, ccm, cmac
def refused(f, *args):
    try:
        f(*args)
    except ValueError as error:
        print(error)
    else:
        print("accepted", f, args)
for name in aes.IMPLEMENTATIONS:
    aes.pick((name,))
    for size in (0, 8, 15, 17, 24, 32):
        refused(aes.new, bytes(size))
        refused(cmac.Cmac, bytes(size))
        refused(ccm.Ccm, bytes(size))
    encrypt = aes.new(bytes(16)).encrypt_into
    refused(encrypt, bytes(15), bytearray(16))
    refused(encrypt, bytes(17), bytearray(32))
    refused(encrypt, bytes(16), bytearray(15))
    encrypt(b"", bytearray())
for size in (0, 1, 2, 3, 5, 7, 9, 15, 17, 18):
    refused(ccm.Ccm, bytes(16), size)
for size in (0, 6, 14, 16):
    refused(ccm.Ccm(bytes(16)).seal, bytes(size), b"", b"")
    refused(ccm.Ccm(bytes(16)).open, bytes(size), b"", bytes(8))
refused(ccm.Ccm(bytes(16)).seal, bytes(13), b"", bytes(65536))
print(len(ccm.Ccm(bytes(16)).seal(bytes(13), b"", bytes(65535))))
"""

BUFFERS = """
from agent.crypto import aes, ccm, cmac, ct, kdf
text = bytes(range(50))
kinds = lambda b: (b, bytearray(b), memoryview(b), memoryview(b"--" + b + b"--")[2:-2])
for name in aes.IMPLEMENTATIONS:
    aes.pick((name,))
    key = text[:16]
    assert len({cmac.Cmac(k).mac(d) for k in kinds(key) for d in kinds(text)}) == 1
    assert len({kdf.derive(cmac.Cmac(key), b"label", c) for c in kinds(text)}) == 1
    sealed = ccm.Ccm(key).seal(text[:13], text, text)
    for n, a, p, s in zip(kinds(text[:13]), kinds(text), kinds(text), kinds(sealed)):
        assert ccm.Ccm(key).seal(n, a, p) == sealed and ccm.Ccm(key).open(n, a, s) == text
    block, inside = bytearray(16), bytearray(18)
    aes.new(key).encrypt_into(memoryview(text)[3:19], block)
    aes.new(key).encrypt_into(memoryview(text)[3:19], memoryview(inside)[1:17])
    assert block == inside[1:17] and inside[0] == inside[17] == 0
for a in kinds(text):
    for b in kinds(text):
        assert ct.equal(a, b) is True and ct.equal(a[:0], b[50:]) is True
    for i in range(50):
        for bit in range(8):
            other = bytearray(text)
            other[i] ^= 1 << bit
            assert ct.equal(a, other) is False
    for other in (b"", text[:49], text + b"\\x00", text[1:]):
        assert ct.equal(a, other) is ct.equal(other, a) is False
print("same")
"""

# The key is unlike any text that a program might print by itself; every way out is searched for it.
SILENCE = """
import io, sys
from agent.crypto import aes, ccm, cmac, entropy, kdf
from agent.errors import AuthError, RandomFault
key = b"Zq7#Zq7#Zq7#Zq7#"
for name in aes.IMPLEMENTATIONS:
    aes.pick((name,))
    c, s = cmac.Cmac(key), ccm.Ccm(key)
    calls = (
        lambda: aes.new(key + key), lambda: aes.new(key).encrypt_into(key + b"1", bytearray(17)),
        lambda: cmac.Cmac(key[1:]), lambda: c.mac(None), lambda: kdf.derive(c, None), lambda: ccm.Ccm(key, 7),
        lambda: s.seal(key, b"", key), lambda: s.open(key[:13], b"", key), lambda: s.open(key[:13], b"", b"1"),
        lambda: entropy.Entropy(lambda n: key * (n // 16) + key[: n % 16]).bytes(16),
    )
    for call in calls:
        try:
            call()
        except (ValueError, TypeError, AuthError, RandomFault) as error:
            out = io.StringIO()
            sys.print_exception(error, out)
            print(repr(error), out.getvalue())
        else:
            print("MISSING")
    print(c, repr(s), aes.new(key))
"""

OPENING = """
from agent.crypto import ccm
from agent.errors import AuthError
cipher = ccm.Ccm(bytes(range(16)), 4)
nonce, aad, text = bytes(13), b"head", b"the text"
sealed = cipher.seal(nonce, aad, text)
count = 0
for part, name in ((nonce, 0), (aad, 1), (sealed, 2)):
    for i in range(8 * len(part)):
        turned = bytearray(part)
        turned[i // 8] ^= 1 << i % 8
        args = [nonce, aad, sealed]
        args[name] = turned
        try:
            print("opened", cipher.open(*args))
        except AuthError:
            count += 1
for size in range(len(sealed)):
    try:
        print("opened", cipher.open(nonce, aad, sealed[:size]))
    except AuthError:
        count += 1
print(count, cipher.open(nonce, aad, sealed))
"""

HEAP = """
import gc, sys
from agent.crypto import aes, ct, entropy, kdf
from agent.crypto.cmac import Cmac
key = bytes(16)
c, cipher, source, block = Cmac(key), aes.new(key), entropy.Entropy(), bytearray(16)
data = [bytes(n) for n in (0, 16, 24, 40, 1000)]
calls = [("cmac.mac", lambda d=d: c.mac(d)) for d in data]
calls += [("ct.equal", lambda d=d: ct.equal(d, d)) for d in data]
calls.append(("kdf.derive", lambda: kdf.derive(c, b"token")))
calls.append(("encrypt_into", lambda: cipher.encrypt_into(block, block)))
calls.append(("new Cmac", lambda: Cmac(key)))
source.bytes(16)  # its key is made at the first call
calls.append(("rand 16", lambda: source.bytes(16)))
gc.collect()
gc.disable()
def taken(call):
    before = gc.mem_alloc()
    call()
    return gc.mem_alloc() - before
for name, call in calls:
    print(name, taken(call) // (2 if sys.maxsize >> 32 else 1), sep="=")
"""


def test_wrong_sizes_are_refused(upy: Any) -> None:
    said = upy(SIZES, heap="512K").stdout.splitlines()
    assert not [text for text in said if text.startswith("accepted")]
    assert said[-2:] == ["CCM text size", str(65535 + 8)]
    counts = {text: said.count(text) for text in said[:-2]}
    assert (counts["AES key size"], counts["CCM tag size"], counts["CCM nonce size"]) == (36, 10, 8)
    assert len(said) - 2 == 36 + 10 + 8 + 6, "each implementation words its three block sizes itself"


def test_any_kind_of_buffer_will_do(upy: Any) -> None:
    assert upy(BUFFERS).stdout == "same\n"


def test_no_secret_in_an_error_or_a_repr(upy: Any) -> None:
    said = upy(SILENCE).stdout
    assert said.count("Error(") + said.count("RandomFault(") == 20
    assert "MISSING" not in said
    for shown in ("Zq7", b"Zq7#".hex(), "90, 113, 55"):
        assert shown not in said


def test_whatever_is_turned_does_not_open(upy: Any) -> None:
    count = 8 * (13 + 4 + 12) + 12
    assert upy(OPENING).stdout == f"{count} b'the text'\n"


def test_what_a_call_takes_from_the_heap(upy: Any) -> None:
    seen = [text.split("=") for text in upy(HEAP).stdout.splitlines()]
    assert {name for name, _ in seen} == set(HEAP_BOUNDS)
    assert len(seen) == 14
    over = [(name, size) for name, size in seen if int(size) > HEAP_BOUNDS[name]]
    assert not over


@pytest.mark.parametrize("order", ["", "('viper',)"])
def test_a_cmac_is_not_disturbed_by_others(upy: Any, order: str) -> None:
    source = f"""
from agent.crypto import aes
from agent.crypto.cmac import Cmac, cmac
aes.pick({order})
keys = [bytes([i]) * 16 for i in range(8)]
made = [Cmac(key) for key in keys]
print(all(m.mac(bytes(n)) == cmac(k, bytes(n)) for n in range(70) for m, k in zip(made, keys)))
try:
    made[0].mac(None)
except TypeError:
    print(made[0].mac(b"after a fault") == cmac(keys[0], b"after a fault"))
"""
    assert upy(source).stdout == "True\nTrue\n"
