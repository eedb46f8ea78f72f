# SPDX-License-Identifier: MIT
"""What a start does: it walks over all sectors, makes good what a cut left, and fills the index."""
