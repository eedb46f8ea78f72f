# SPDX-License-Identifier: MIT
"""Runs before main.py on a microcontroller. Which agent runs is chosen in start.py: nothing is left to do here."""
