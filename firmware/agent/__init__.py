# SPDX-License-Identifier: MIT
"""The unlock agent: what runs in the car."""
