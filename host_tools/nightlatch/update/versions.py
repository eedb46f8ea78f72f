# SPDX-License-Identifier: MIT
"""Versions as people write them and as updates carry them: 1.2.3 is 01 02 0003."""

import re

from ..errors import UsageError

_FORM = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,5})\Z", re.ASCII)


def number(text: str) -> int:
    """A version as a number that rises with it. UsageError when it is none, or 0.0.0."""
    found = _FORM.match(text)
    if found:
        major, minor, patch = map(int, found.groups())
        if major < 256 and minor < 256 and patch < 65536 and major + minor + patch:
            return major << 24 | minor << 16 | patch
    raise UsageError(f"{text!r} is no version", "such as 1.2.3")


def text(value: int) -> str:
    """The reverse; "-" for 0."""
    return f"{value >> 24}.{value >> 16 & 255}.{value & 65535}" if value else "-"
