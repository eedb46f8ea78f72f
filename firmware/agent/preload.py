# SPDX-License-Identifier: MIT
"""Loads the modules lowest first: an import within an import takes stack, of which a microcontroller has little."""

_LOWEST_FIRST = (
    "wire.messages",
    "agent.crypto.ccm",
    "agent.crypto.kdf",
    "agent.store.ring.writer",
    "agent.store.mount.walk",
    "agent.store.tables",
    "agent.store.journal",
    "agent.audit",
    "agent.credential.chain",
    "agent.credential.introduce",
    "agent.credential.rolling",
    "agent.credential.card",
    "agent.credential.kinds",
    "agent.requests",
    "agent.gate",
    "agent.channel.requests",
    "agent.channel.channel",
    "agent.link.nfc",
    "agent.hal",
)
_UPDATES = ("agent.crypto.ecdsa.verify", "agent.update.updates", "agent.update.requests")


def load(updates: bool) -> None:
    """All but agent.app itself; what takes updates only where there are slots for them."""
    for name in _LOWEST_FIRST + (_UPDATES if updates else ()):
        __import__(name)
