# SPDX-License-Identifier: MIT
"""Frozen into the image: asyncio, the agent, the board's wiring, and a _boot.py that mounts nothing."""

include("$(MPY_DIR)/extmod/asyncio")
package("slots", base_path="../../firmware")
package("wire", base_path="../../firmware")
package("agent", base_path="../../firmware")
module("boot.py", base_path="../../firmware")
module("main.py", base_path="../../firmware")
module("start.py", base_path="../../firmware")
module("wiring.py", base_path="$(WIRING_DIR)")
module("rp2.py", base_path="$(PORT_DIR)/modules")
freeze("modules")
