# SPDX-License-Identifier: MIT
"""What the test of PKCS#11 needs: a token, which SoftHSM keeps in files.

As root it is installed. Otherwise, where it is missing, one line says so, and that test is left out.
"""

import shutil

from host import SetupError, install, log_tail, may_install, say

PACKAGE = "softhsm2"
PROGRAM = "softhsm2-util"


def ready() -> None:
    """Brings it here. SetupError when that fails where it should not."""
    if shutil.which(PROGRAM):
        return
    if not may_install():
        say(f"the test of PKCS#11 is left out: as root, apt-get install {PACKAGE}")
    elif not install(PACKAGE):
        raise SetupError(f"no {PACKAGE} to be had; the end of .cache/setup.log:\n{log_tail()}")
