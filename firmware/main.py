# SPDX-License-Identifier: MIT
"""Starts the agent."""

import gc

gc.threshold(4096)  # while the modules load: small steps leave the free heap in one piece

import asyncio  # noqa: E402

from agent import app, hal  # noqa: E402

gc.threshold(-1)  # from here on the idle task collects, never the path of an unlock

if __name__ == "__main__":
    asyncio.run(app.App(hal.Hal(hal.wiring())).run())
