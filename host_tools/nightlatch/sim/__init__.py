# SPDX-License-Identifier: MIT
"""A simulated car: the firmware under real MicroPython, a virtual radio, a virtual reader and cards, a virtual lock."""
