# SPDX-License-Identifier: MIT
"""Runs first. Mounts nothing, in place of the port's own, which would format slots and store as one file system."""
