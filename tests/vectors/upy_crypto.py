# SPDX-License-Identifier: MIT
"""Runs a file of cases through the agent's crypto, on the target. Arguments: file, AES implementation, loops, [id].

A case is a line: kind, id, fields. Bytes are hexadecimal, `-` for none, `N*…` for N repetitions. The kinds:
    aes   id key plain cipher
    cmac  id key message tag outcome
    ccm   id key nonce aad plain sealed tag_len outcome
    kdf   id key label context derived
Outcomes: valid, refused (the tag is wrong), unsupported (ValueError). Prints each failure, then counts by kind. With
an id only that case runs.
"""

import sys
from binascii import unhexlify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def use(implementation: str, loops: str) -> None:
    """Sets AES and the byte loops up as asked, before anything else imports them."""
    if loops == "plain":
        from agent.crypto import loops_plain

        sys.modules["agent.crypto.loops"] = loops_plain
    from agent.crypto import aes

    if aes.pick((implementation,)) != implementation:
        raise SystemExit("not the implementation asked for")


def octets(field: str) -> bytes:
    """The bytes of a field."""
    if field == "-":
        return b""
    if "*" in field:
        times, field = field.split("*")
        return unhexlify(field) * int(times)
    return unhexlify(field)


def check_aes(key: str, plain: str, cipher: str) -> "str | None":
    """ECB encryption of whole blocks, from one buffer into another and in place."""
    from agent.crypto import aes

    source, out = octets(plain), bytearray(octets(plain))
    encrypt = aes.new(octets(key)).encrypt_into
    encrypt(out, out)
    apart = bytearray(len(source))
    encrypt(source, apart)
    return None if out == apart == octets(cipher) else "another ciphertext"


def check_cmac(key: str, message: str, tag: str, outcome: str) -> "str | None":
    """One tag, made twice by one object and once by another, compared in constant time."""
    from agent.crypto import cmac, ct

    made = cmac.Cmac(octets(key))
    tags = (
        made.mac(octets(message)),
        made.mac(memoryview(octets(message))),
        cmac.cmac(octets(key), octets(message)),
    )
    if not tags[0] == tags[1] == tags[2]:
        return "tags of one message differ"
    good = ct.equal(tags[0], octets(tag))
    return None if good == (outcome == "valid") else "tag is %s" % ("accepted" if good else "another")


def check_ccm(
    key: str, nonce: str, aad: str, plain: str, sealed: str, tag_len: str, outcome: str
) -> "str | None":
    """Both ways for a valid case; opening must raise AuthError for a refused one, and both ValueError otherwise."""
    from agent.crypto import ccm
    from agent.errors import AuthError

    n, a, p, s = octets(nonce), octets(aad), octets(plain), octets(sealed)
    try:
        cipher = ccm.Ccm(octets(key), int(tag_len))
        mine = cipher.seal(n, a, p)
    except ValueError:
        if outcome != "unsupported":
            return "seal: ValueError"
        mine = b""
    else:
        if outcome == "unsupported" or (mine == s) != (outcome == "valid"):
            return "seal: not as expected"
    try:
        opened = ccm.Ccm(octets(key), int(tag_len)).open(n, a, s)
    except AuthError:
        return None if outcome == "refused" else "open: AuthError"
    except ValueError:
        return None if outcome == "unsupported" else "open: ValueError"
    return None if outcome == "valid" and opened == p else "open: not as expected"


def check_kdf(key: str, label: str, context: str, derived: str) -> "str | None":
    """One derived key."""
    from agent.crypto import cmac, kdf

    made = kdf.derive(cmac.Cmac(octets(key)), octets(label), octets(context))
    return None if made == octets(derived) else "another key"


CHECKS: "dict[str, Callable[..., str | None]]" = {
    "aes": check_aes,
    "cmac": check_cmac,
    "ccm": check_ccm,
    "kdf": check_kdf,
}


def main(path: str, implementation: str, loops: str, only: str = "") -> int:
    """Runs all cases, or one; 1 when any failed."""
    use(implementation, loops)
    ran: dict[str, int] = {}
    failed = 0
    with open(path) as lines:
        for line in lines:
            kind, name, *fields = line.split()
            if only and name != only:
                continue
            ran[kind] = ran.get(kind, 0) + 1
            problem = CHECKS[kind](*fields)
            if problem:
                failed += 1
                print("FAIL", kind, name, problem)
    print("RAN", " ".join("%s=%d" % item for item in sorted(ran.items())))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
