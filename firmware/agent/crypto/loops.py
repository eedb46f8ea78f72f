# SPDX-License-Identifier: MIT
"""Chooses the byte loops: machine code where this MicroPython can emit it, plain bytecode elsewhere.

A build without the viper emitter refuses the source with SyntaxError, a foreign .mpy with ValueError.
"""

try:
    from .loops_viper import absorb, check_health, counters, equal, merge, mix, subkeys
except (ImportError, SyntaxError, ValueError):
    from .loops_plain import absorb, check_health, counters, equal, merge, mix, subkeys

__all__ = ("absorb", "check_health", "counters", "equal", "merge", "mix", "subkeys")
