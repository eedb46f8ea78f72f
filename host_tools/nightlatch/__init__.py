# SPDX-License-Identifier: MIT
"""Host side of Nightlatch: links, typed client, vault, phone library, simulator and command line."""

__version__ = "0.1.0"
