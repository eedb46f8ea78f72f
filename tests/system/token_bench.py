# SPDX-License-Identifier: MIT
"""A PKCS#11 token in a folder: SoftHSM, with a P-256 key pair made in it, and one of another curve."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UTIL = "softhsm2-util"
LABEL, KEY, WIDE, PIN = "workshop", "updates", "wide", "48151623"


def library() -> Path | None:
    """SoftHSM's library, of whatever architecture this is."""
    places = (*Path("/usr/lib").glob("*/softhsm/libsofthsm2.so"), *Path("/usr/lib/softhsm").glob("libsofthsm2.so"))
    return next(iter(places), None)


def lacks() -> str:
    """Why the test of PKCS#11 can't run here, in one line; empty when it can."""
    return "" if shutil.which(UTIL) and library() else "as root, apt-get install softhsm2"


@contextmanager
def token(folder: Path) -> Iterator[Path]:
    """A token with a key, as long as this lasts; gives its library. The key can't be read out of it."""
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    module = library()
    assert module is not None
    (folder / "tokens").mkdir(parents=True)
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    try:
        words = ("--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", PIN)
        subprocess.run([UTIL, *words], check=True, capture_output=True, timeout=120)
        with pkcs11.lib(str(module)).get_token(token_label=LABEL).open(rw=True, user_pin=PIN) as session:
            for label, curve in ((KEY, "secp256r1"), (WIDE, "secp384r1")):
                parameters = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}
                domain = session.create_domain_parameters(pkcs11.KeyType.EC, parameters, local=True)
                domain.generate_keypair(store=True, label=label)
        yield module
    finally:
        if before is None:
            del os.environ["SOFTHSM2_CONF"]
        else:
            os.environ["SOFTHSM2_CONF"] = before
