# SPDX-License-Identifier: MIT
"""Kinds of credentials, one module each."""
