# SPDX-License-Identifier: MIT
"""AES-128 and what is built on it: CMAC, CCM, key derivation; and constant-time compare and checked random bytes."""
