# SPDX-License-Identifier: MIT
"""Vectors of the standards and of the protocol, met under MicroPython."""
