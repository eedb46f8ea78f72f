# SPDX-License-Identifier: MIT
"""Makes vault.sql, a vault as the first release writes it, as text. It is published once: a run would make another.

Passphrase and secrets are in test_vault_vector.py; nonces, salt and data key are what the system drew.
"""

import sqlite3
import tempfile
from pathlib import Path

from nightlatch.vault import Vault
from tests.vectors.test_vault_vector import CARS, FAST, FILE, HEAD, KEYS, PASSPHRASE

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new" / "vault.sqlite"
        with Vault.create(path, PASSPHRASE, FAST) as vault:
            for car in CARS:
                vault.add_car(car)
            for key in KEYS:
                vault.add_key(key)
            vault.set_log_head(HEAD)
        connection = sqlite3.connect(path)
        FILE.write_text("\n".join(connection.iterdump()) + "\n")
        connection.close()
