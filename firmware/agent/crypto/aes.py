# SPDX-License-Identifier: MIT
"""AES-128 encryption (FIPS-197) by the best implementation that proves itself on this board.

All but key cards needs the forward cipher only. cryptolib is C code with tables: where RAM is cached, its time may
depend on the key. The viper implementation has no tables and no secret branches, and serves boards without cryptolib;
a block costs it about 25 times as much.
"""

from micropython import const

from ..errors import NightlatchError

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from collections.abc import Callable

    Readable = bytes | bytearray | memoryview
    Writable = bytearray | memoryview
    Encrypt = Callable[[Readable, Writable], object]

BLOCK = 16
IMPLEMENTATIONS = ("cryptolib", "viper")

_PLAIN = b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"
_KEY = b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
_CIPHER = b"\x69\xc4\xe0\xd8\x6a\x7b\x04\x30\xd8\xcd\xb7\x80\x70\xb4\xc5\x5a"

_chosen: "list[tuple[str, Callable[[Readable], Encrypt]]]" = []


def _load(name: str) -> "Callable[[Readable], Encrypt]":
    """The encryptor factory of an implementation; ImportError where the board lacks it."""
    if name == "cryptolib":
        from .aes_lib import encryptor

        return encryptor
    if name == "viper":
        from .aes_viper import encryptor as table_free

        return table_free
    raise ImportError(name)


def _proves(factory: "Callable[[Readable], Encrypt]") -> bool:
    """Whether the factory's cipher meets FIPS-197 appendix C.1: into another buffer, in place, two blocks at once."""
    encrypt = factory(_KEY)
    block = bytearray(BLOCK)
    encrypt(_PLAIN, block)
    pair = bytearray(_PLAIN + _PLAIN)
    encrypt(pair, pair)
    return block == _CIPHER and pair == _CIPHER + _CIPHER


def pick(order: "tuple[str, ...] | None" = None) -> str:
    """Returns the name of the implementation in use; the first call chooses it, and so does any call with an order.

    A candidate that is missing or fails the FIPS-197 vector is passed over. NightlatchError when none is left.
    """
    if _chosen and order is None:
        return _chosen[0][0]
    for name in order or IMPLEMENTATIONS:
        try:
            factory = _load(name)
            good = _proves(factory)
        except (ImportError, SyntaxError, ValueError):
            continue
        if good:
            _chosen[:] = [(name, factory)]
            return name
    raise NightlatchError("no working AES")


def encryptor(key: "Readable") -> "Encrypt":
    """A function (src, dst) that encrypts whole ECB blocks of src into dst, which may be the same buffer.

    key: 16 bytes, else ValueError; it is copied. The function raises ValueError when src is not whole blocks or dst
    is shorter than src.
    """
    if len(key) != BLOCK:
        raise ValueError("AES key size")
    if not _chosen:
        pick()
    return _chosen[0][1](key)


def decryptor(key: "Readable") -> "Encrypt":
    """A function (src, dst) that decrypts whole ECB blocks, as encryptor() describes it."""
    if len(key) != BLOCK:
        raise ValueError("AES key size")
    if pick() == "cryptolib":
        from .aes_lib import decryptor as by_cryptolib

        return by_cryptolib(key)
    from .aes_inverse import decryptor as by_viper

    return by_viper(key)


class Cipher:
    """AES-128 under one key: encrypt_into(src, dst), as encryptor() describes it."""

    def __init__(self, key: "Readable") -> None:
        self.encrypt_into = encryptor(key)


def new(key: "Readable") -> Cipher:
    """A cipher for a 16-byte key; ValueError for another size."""
    return Cipher(key)
