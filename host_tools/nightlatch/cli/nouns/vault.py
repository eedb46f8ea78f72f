# SPDX-License-Identifier: MIT
"""the registry of cars and secrets on this machine"""

from typing import TYPE_CHECKING

from ..output import Outcome
from ..parser import add_verb

if TYPE_CHECKING:
    from ..context import Context
    from ..parser import Verbs


def register(verbs: "Verbs") -> None:
    """Declare the verbs."""
    add_verb(verbs, "init", init, "make a new, empty vault")


def init(context: "Context") -> Outcome:
    """`vault init`."""
    from ...vault import Vault
    from ...vault.file import check_free
    from .. import passphrase

    path = context.vault_path()
    check_free(path)
    Vault.create(path, passphrase.read(context.options, new=True))
    note = "nobody can bring this passphrase back: keep it, and a backup of the file"
    return Outcome({"path": str(path)}, f"made {path}", notes=[note])
