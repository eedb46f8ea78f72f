# SPDX-License-Identifier: MIT
"""Signed updates of the agent: build, sign, check and send them. Nothing here prints or asks."""
