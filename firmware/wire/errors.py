# SPDX-License-Identifier: MIT
"""What a parser of this package raises when its input is not what the layout says."""


class WireError(Exception):
    """Bytes that do not fit the layout. The text names the field and the bound, never the bytes."""
