# SPDX-License-Identifier: MIT
"""Frozen into the image: asyncio, the agent, a _boot.py that mounts nothing."""

include("$(MPY_DIR)/extmod/asyncio")

package("wire", base_path="../../firmware")
package("agent", base_path="../../firmware")
module("boot.py", base_path="../../firmware")
module("main.py", base_path="../../firmware")
freeze("modules")
