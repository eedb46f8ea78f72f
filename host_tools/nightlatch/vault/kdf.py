# SPDX-License-Identifier: MIT
"""Passphrase → key: Argon2id (RFC 9106), with parameters that are kept in the vault and bounded when read."""

from dataclasses import dataclass

from ..errors import UsageError, VaultError

KEY_SIZE = 32
SALT_SIZE = 16
PASSPHRASE_MIN = 8
PASSPHRASE_MAX = 1024
TIME_MAX = 16
MEMORY_MAX_KIB = 1 << 20  # 1 GiB: a hostile file can't ask for more
LANES_MAX = 16


@dataclass(frozen=True)
class KdfParams:
    """Passes, memory in KiB and lanes; the default is RFC 9106's second recommendation (64 MiB)."""

    time: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 4

    def check(self) -> None:
        """Raise VaultError unless the parameters are sane and affordable."""
        numbers = (self.time, self.memory_kib, self.lanes)
        if any(type(n) is not int for n in numbers) or not (
            1 <= self.time <= TIME_MAX
            and 1 <= self.lanes <= LANES_MAX
            and 8 * self.lanes <= self.memory_kib <= MEMORY_MAX_KIB
        ):
            raise VaultError(
                "its key derivation parameters are out of bounds", "restore the file from a backup"
            )


def derive(passphrase: bytes, salt: bytes, params: KdfParams) -> bytes:
    """The 32-byte key-encryption key. `params` must have been checked."""
    from argon2.exceptions import HashingError
    from argon2.low_level import Type, hash_secret_raw

    try:
        return hash_secret_raw(
            passphrase, salt, params.time, params.memory_kib, params.lanes, KEY_SIZE, Type.ID
        )
    except (HashingError, MemoryError):
        raise VaultError(
            f"not enough memory to derive the key ({params.memory_kib // 1024} MiB)", ""
        ) from None


def check_new(passphrase: bytes) -> None:
    """A passphrase that is about to protect something has PASSPHRASE_MIN to PASSPHRASE_MAX bytes."""
    if not PASSPHRASE_MIN <= len(passphrase) <= PASSPHRASE_MAX:
        raise UsageError(
            f"a vault's passphrase has {PASSPHRASE_MIN} to {PASSPHRASE_MAX} bytes",
            "a few unrelated words are good",
        )
