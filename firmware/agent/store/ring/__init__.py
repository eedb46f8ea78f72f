# SPDX-License-Identifier: MIT
"""Sectors and the records in them: how they are laid out, written, killed and told from what a cut left."""
