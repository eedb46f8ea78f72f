# SPDX-License-Identifier: MIT
"""The registry of cars and their secrets: one sealed file, opened by a passphrase."""

from .kdf import KdfParams
from .records import Car, Key, LogHead
from .vault import Vault, default_path

__all__ = ["Car", "KdfParams", "Key", "LogHead", "Vault", "default_path"]
