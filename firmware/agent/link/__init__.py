# SPDX-License-Identifier: MIT
"""Links: bytes in, bytes out. None of them knows what opens a car."""
