# SPDX-License-Identifier: MIT
"""Signed updates: what the car trusts, taking one in, checking it where it lies, and saying that it works."""
