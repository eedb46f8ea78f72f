# SPDX-License-Identifier: MIT
"""The raw flash of a board, behind one contract: read, program, erase."""
