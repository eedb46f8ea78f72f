# SPDX-License-Identifier: MIT
"""Frozen into the image of the simulated board, as into any other's: asyncio, the agent, the board's own modules."""

include("$(MPY_DIR)/extmod/asyncio")
package("slots", base_path="../../firmware")
package("wire", base_path="../../firmware")
package("agent", base_path="../../firmware")
module("main.py", base_path="../../firmware")
module("start.py", base_path="../../firmware")
freeze("modules")
