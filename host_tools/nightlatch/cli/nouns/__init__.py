# SPDX-License-Identifier: MIT
"""The nouns of the command line, one a file; `register` of each declares its verbs. NOUNS is in the help's order."""

from . import card, config, device, flash, key, log, pass_, recovery, sim, time, update, vault

NOUNS = (device, flash, key, card, pass_, recovery, log, config, time, update, sim, vault)
