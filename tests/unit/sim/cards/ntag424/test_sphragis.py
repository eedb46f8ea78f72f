# SPDX-License-Identifier: MIT
"""The virtual NTAG 424 DNA against somebody else's software: sphragis (PyPI) personalises it and reads its taps."""

import os

import pytest
from sphragis.keyprov import DiversifiedTagKeys, FactoryKeys, MemoryKeyInventory, rekey_tag
from sphragis.provision import provision_tag

from nightlatch.sim.cards.held import Ntag424

URL = "https://example.com/t"


@pytest.mark.parametrize("data", [None, bytes(range(16))])
def test_it_writes_the_settings_of_a_sun_message_and_verifies_a_tap(data: bytes | None) -> None:
    card = Ntag424()
    first = provision_tag(card, URL, file_data=data)
    assert first.wrote_ndef and first.changed_settings and first.verified
    again = provision_tag(card, URL, file_data=data)
    assert again.already_provisioned and again.verified


def test_it_changes_all_five_keys_and_gives_them_back() -> None:
    """GetCardUID, GetKeyVersion, ChangeKey of the key in use and of others, and authentication with each."""
    card = Ntag424()
    provision_tag(card, URL)
    keys, inventory = DiversifiedTagKeys(os.urandom(16), os.urandom(16), os.urandom(16)), MemoryKeyInventory()
    made = rekey_tag(card, keys, inventory=inventory, originality_key=None)
    assert made.verified and made.uid == card.state.uid and sorted(made.changed) == [0, 1, 2, 3, 4]
    assert list(card.state.keys) == [keys.keys_for(card.state.uid)[slot] for slot in range(5)]
    assert rekey_tag(card, keys, inventory=inventory, originality_key=None).already_done
    back = rekey_tag(card, FactoryKeys(), [keys], inventory=inventory, originality_key=None)
    assert back.verified and not any(map(any, card.state.keys))
