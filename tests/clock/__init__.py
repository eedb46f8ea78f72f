# SPDX-License-Identifier: MIT
"""A clock that the bench owns: time stands while anything works, and jumps when everything waits (docs/testing.md)."""
