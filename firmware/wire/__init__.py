# SPDX-License-Identifier: MIT
"""Layouts and numbers that the agent and the host tools share. No I/O, no cryptography."""
