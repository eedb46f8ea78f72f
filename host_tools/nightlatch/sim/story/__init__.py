# SPDX-License-Identifier: MIT
"""What the demonstration tells, step by step, and what its thief records and replays."""
