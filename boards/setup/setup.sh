#!/bin/sh
# SPDX-License-Identifier: MIT
# Set up all that the simulator and the tests need, or say in one line what is missing. Idempotent.
set -eu
cd "$(dirname "$0")/../.."
for python in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$python" -B boards/setup "$@"
    fi
done
here=$(python3 --version 2>/dev/null || echo 'no Python 3')
echo "set-up: Python 3.11 or newer is missing, here is $here: install one, and name it in \$PYTHON" >&2
exit 1
