# SPDX-License-Identifier: MIT
"""The power goes at every program and erase, torn in every way: the store is before or after, never between."""

from tests import model as model
