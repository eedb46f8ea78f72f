# SPDX-License-Identifier: MIT
"""Boot loaders that flash tools meet: an ESP32's ROM behind a port, an RP2's drive as a folder."""
