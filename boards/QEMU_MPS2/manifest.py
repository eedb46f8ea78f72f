# SPDX-License-Identifier: MIT
"""Frozen into the image: asyncio, the agent, the board's own modules and those that it shares with the UNIX board."""

include("$(MPY_DIR)/extmod/asyncio")
package("slots", base_path="../../firmware")
package("wire", base_path="../../firmware")
package("agent", base_path="../../firmware")
module("main.py", base_path="../../firmware")
module("start.py", base_path="../../firmware")
module("air.py", base_path="../UNIX/modules")
module("bench.py", base_path="../UNIX/modules")
module("wiring.py", base_path="$(WIRING_DIR)")
freeze("modules")
