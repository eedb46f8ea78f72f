# SPDX-License-Identifier: MIT
"""The typed client of the technician's channel. Nothing here prints or asks."""
