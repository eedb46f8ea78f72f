# SPDX-License-Identifier: MIT
"""A virtual NXP NTAG 424 DNA."""
