# SPDX-License-Identifier: MIT
"""Loads the modules lowest first: an import within an import takes stack, of which a microcontroller has little."""

_LOWEST_FIRST = (
    "wire.messages",
    "agent.crypto.ccm",
    "agent.crypto.kdf",
    "agent.store.tables",
    "agent.store.journal",
    "agent.audit",
    "agent.credential.rolling",
    "agent.credential.introduce",
    "agent.credential.card",
    "agent.gate",
    "agent.channel.requests",
    "agent.channel.channel",
    "agent.crypto.verify",
    "agent.update.updates",
    "agent.link.nfc",
    "agent.hal",
)


def load() -> None:
    """All but agent.app itself."""
    for name in _LOWEST_FIRST:
        __import__(name)
