# SPDX-License-Identifier: MIT
"""The plug of a simulated car, as the command that tests/hw calls: `hw_plug.py SOCKET` cuts its power for a moment."""

import socket
import sys

if __name__ == "__main__":
    with socket.socket(socket.AF_UNIX) as plug:
        plug.connect(sys.argv[1])
        sys.exit(plug.recv(1) != b"1")
