# SPDX-License-Identifier: MIT
"""The virtual NFC reader: a PN532 at the level of host frames, its field, and taps from outside."""
