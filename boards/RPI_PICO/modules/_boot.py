# SPDX-License-Identifier: MIT
"""Runs first, in place of the port's own: no file system is mounted and none is made, so only frozen code can run."""
