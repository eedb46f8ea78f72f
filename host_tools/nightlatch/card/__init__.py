# SPDX-License-Identifier: MIT
"""Key cards (NXP NTAG 424 DNA): secure messaging, key diversification, personalisation over any reader.

A reader is a function transceive(apdu: bytes) -> bytes that raises CardLost when the card is gone.
"""

from .chip import Chip, Version
from .errors import CardError, CardLost, CardRefused
from .keyset import Keyset
from .personalise import Personaliser, Report

__all__ = ["CardError", "CardLost", "CardRefused", "Chip", "Keyset", "Personaliser", "Report", "Version"]
