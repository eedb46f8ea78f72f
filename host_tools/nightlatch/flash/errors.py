# SPDX-License-Identifier: MIT
"""What can go wrong with a flash, besides what every tool knows."""

from ..errors import HostError, Interrupted, Mismatch

AGAIN = "run `nightlatch flash write` again: it goes on; `nightlatch flash verify` tells what is there"


class BadImage(HostError):
    """The file is truncated, damaged, too large, or no image at all."""

    code = "bad_image"
    hint = "nothing was written; take a fresh copy of the file"


def wrong_board(message: str, hint: str = "nothing was written; check the board and the image") -> Mismatch:
    """Image, board and chip are not all of one kind."""
    return Mismatch(message, hint, code="wrong_board")


def cut_short(message: str, device: str) -> Interrupted:
    """The write has begun and has not ended."""
    return Interrupted(message, AGAIN, code="flash_interrupted", device=device)
