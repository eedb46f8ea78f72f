# SPDX-License-Identifier: MIT
"""Where an update lives and which agent runs: frozen into the image, part of no update."""
