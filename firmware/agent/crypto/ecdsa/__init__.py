# SPDX-License-Identifier: MIT
"""ECDSA over P-256: whether a signature is that of a key."""
