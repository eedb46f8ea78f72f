# SPDX-License-Identifier: MIT
"""Frozen into the image of the simulated board: asyncio. The agent runs from firmware/, so changes need no build."""

include("$(MPY_DIR)/extmod/asyncio")
