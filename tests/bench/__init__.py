# SPDX-License-Identifier: MIT
"""Figures that are counted, not timed, and what they should be: `make bench` prints them and writes bench.json."""

from tests import model as model
