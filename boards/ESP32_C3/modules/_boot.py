# SPDX-License-Identifier: MIT
"""Runs first. Mounts nothing, in place of the port's own: no file can shadow a module of the image."""
