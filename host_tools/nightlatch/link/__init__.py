# SPDX-License-Identifier: MIT
"""Bytes to and from a device: one class, one URL scheme (serial: pty: tcp: sim:), and discovery."""

from .base import Link
from .discover import Found, choose, find
from .opening import open_link
from .url import LinkUrl

__all__ = ["Found", "Link", "LinkUrl", "choose", "find", "open_link"]
