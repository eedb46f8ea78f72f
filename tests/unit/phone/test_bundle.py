# SPDX-License-Identifier: MIT
"""The URL of a key: it comes back whole, fits a QR code, and no damage gets through or into an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.errors import UsageError
from nightlatch.phone.bundle import SCHEME, KeyBundle, decode, encode
from nightlatch.wire import numbers as n

GOOD = KeyBundle(
    bytes(range(16)), b"veil key of car.", 300, n.ROLE_DRIVER, 15, bytes(range(32, 48)), "Zo\u00eb's phone"
)
sixteen = st.binary(min_size=16, max_size=16)
labels = st.text(max_size=24).filter(lambda text: _fits(text))


def _fits(text: str) -> bool:
    try:
        return len(text.encode()) <= n.LABEL_MAX
    except UnicodeEncodeError:
        return False


@given(
    st.builds(
        KeyBundle,
        sixteen,
        sixteen,
        st.integers(0, n.HANDLE_LAST),
        st.integers(1, 5),
        st.integers(0, 255),
        sixteen,
        labels,
    )
)
def test_there_and_back(bundle: KeyBundle) -> None:
    url = encode(bundle)
    assert decode(url) == bundle and decode(f"  {url}\n") == bundle
    assert url.startswith(SCHEME) and len(url) <= 150 and url.isascii() and "=" not in url


def test_every_changed_character_is_seen() -> None:
    url = encode(GOOD)
    for place in range(len(SCHEME), len(url) - 1):  # the last one holds bits that stand for nothing
        for letter in "A-_9":
            if url[place] != letter:
                with pytest.raises(UsageError):
                    decode(url[:place] + letter + url[place + 1 :])


def test_every_cut_is_seen() -> None:
    url = encode(GOOD)
    for size in range(len(url)):
        with pytest.raises(UsageError):
            decode(url[:size])


@pytest.mark.parametrize(
    "text",
    ["", "nightlatch:key", SCHEME, SCHEME + "AAAA", SCHEME + "\u00e9", SCHEME + "=" * 8, SCHEME + "A" * 400, "https://example.org",
     SCHEME.upper() + "AAAA", encode(GOOD) + "AAAA", encode(GOOD) + "#", SCHEME + " " + encode(GOOD)[len(SCHEME):]],
)  # fmt: skip
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(UsageError) as told:
        decode(text)
    assert told.value.exit_code == 2


def test_an_error_shows_nothing_of_the_key() -> None:
    url = encode(GOOD)
    bad = url[:-8] + ("A" if url[-8] != "A" else "B") + url[-7:]
    with pytest.raises(UsageError) as told:
        decode(bad)
    text = str(told.value) + told.value.hint + repr(told.value.__cause__) + repr(told.value.__context__)
    assert url[len(SCHEME) + 8 : len(SCHEME) + 20] not in text and GOOD.root.hex() not in text
    assert GOOD.root.hex() not in repr(GOOD) and repr(GOOD.veil) not in repr(GOOD)
