# SPDX-License-Identifier: MIT
"""A signing key that never leaves its token: PKCS#11, through the optional package python-pkcs11."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..errors import AuthFailed, Refused

_UNCOMPRESSED = 0x04


class TokenSigner:
    """An open session with a token. Its key pair is a P-256 one under one label.

    Refused when package, library, token or key are not there; AuthFailed when the PIN is wrong.
    """

    def __init__(self, library: Path, token: str | None, label: str | None, pin: str) -> None:
        try:
            import pkcs11
        except ImportError:
            raise Refused("there is no PKCS#11 here", "pip install nightlatch[pkcs11]", code="no_pkcs11") from None
        self._pkcs11 = pkcs11
        try:
            found = pkcs11.lib(str(library)).get_token(token_label=token)
            self._session: Any = found.open(user_pin=pin)
            kinds, ec = pkcs11.ObjectClass, pkcs11.KeyType.EC
            self._private: Any = self._session.get_key(kinds.PRIVATE_KEY, key_type=ec, label=label)
            self._public = self._session.get_key(kinds.PUBLIC_KEY, key_type=ec, label=label)
        except pkcs11.PinIncorrect:
            raise AuthFailed("the token refuses the PIN", "check it: a token locks after a few tries") from None
        except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
            why = type(error).__name__
            raise Refused(f"no such key to be had from {library} ({why})", "name --token and --key-label") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def public(self) -> bytes:
        point: bytes = self._public[self._pkcs11.Attribute.EC_POINT]
        if len(point) == 67:
            point = point[2:]  # a DER octet string around it
        if len(point) != 65 or point[0] != _UNCOMPRESSED:
            raise Refused("the token's key is no P-256 key", "name another --key-label", code="no_key")
        return point[1:]

    def sign(self, message: bytes) -> bytes:
        signed: bytes = self._private.sign(sha256(message).digest(), mechanism=self._pkcs11.Mechanism.ECDSA)
        return signed
