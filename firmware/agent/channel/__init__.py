# SPDX-License-Identifier: MIT
"""The technician's channel: hello, claim and an authenticated session over the serial link (protocol version 1)."""
