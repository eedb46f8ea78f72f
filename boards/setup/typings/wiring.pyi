# SPDX-License-Identifier: MIT
"""The frozen module that boards/setup/wiring.py makes for a board."""

from typing import Any

WIRING: dict[str, Any]
