# SPDX-License-Identifier: MIT
"""What the agent's own modules raise. Texts name the part and the reason, never a secret."""


class NightlatchError(Exception):
    """Base of every exception that the agent raises on purpose."""


class AuthError(NightlatchError):
    """A tag did not verify."""


class RandomFault(NightlatchError):
    """The random source failed its health test: nothing may be drawn from it."""


class StoreError(NightlatchError):
    """The flash could not keep or find what was asked for."""


class Damaged(StoreError):
    """A record does not verify any more, however often it is read."""


class StoreFull(StoreError):
    """No room is left, and collecting would not make any."""


class ReaderError(NightlatchError):
    """The NFC reader or a card did not answer as its protocol says."""
