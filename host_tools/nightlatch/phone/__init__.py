# SPDX-License-Identifier: MIT
"""The phone's side of the protocol, as a library."""
