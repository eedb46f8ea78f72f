# SPDX-License-Identifier: MIT
"""One simulated car: the agent's process, or the emulated board, with cable, lock and status light."""
