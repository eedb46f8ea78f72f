# SPDX-License-Identifier: MIT
"""What survives a power cut: an append-only journal on raw NOR flash, and the tables over it."""
