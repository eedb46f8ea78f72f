# SPDX-License-Identifier: MIT
"""What is held to the virtual reader: cards and phones, down to the block protocol."""
