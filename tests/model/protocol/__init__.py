# SPDX-License-Identifier: MIT
"""The credential protocol under an explicit-state checker: all that may happen, to a bound, and what must hold."""
