# SPDX-License-Identifier: MIT
"""The air of a simulated car: the agent's Bluetooth stack among centrals of bumble."""
