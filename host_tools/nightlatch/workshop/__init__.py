# SPDX-License-Identifier: MIT
"""What brings a vault and a device together, each step of which can be cut anywhere and repeated."""
