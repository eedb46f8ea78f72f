# SPDX-License-Identifier: MIT
"""Starts the agent."""

import asyncio

from agent import app, hal

if __name__ == "__main__":
    asyncio.run(app.App(hal.Hal(hal.wiring())).run())
