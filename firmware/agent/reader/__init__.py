# SPDX-License-Identifier: MIT
"""The NFC reader chip: frame codec, buses, commands, APDU exchange."""
