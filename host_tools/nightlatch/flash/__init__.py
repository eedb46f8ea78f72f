# SPDX-License-Identifier: MIT
"""Puts the agent's image on a board: plans, writes, verifies. It never prints, and never touches the store unasked."""

from .board import Board, Region, load, names
from .errors import BadImage
from .order import Device, Order
from .plan import Plan, Row, Step

__all__ = ["BadImage", "Board", "Device", "Order", "Plan", "Region", "Row", "Step", "load", "names"]
