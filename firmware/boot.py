# SPDX-License-Identifier: MIT
"""Runs before main.py on a microcontroller. One slot holds the agent, so there is nothing to choose yet."""
