# SPDX-License-Identifier: MIT
"""What a person runs in a terminal: a car that stays, a phone, a card, a button."""
