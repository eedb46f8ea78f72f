# SPDX-License-Identifier: MIT
"""What a verb gets: its options, the vault and the device on demand, and ways to talk to the user."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from .output import clean

if TYPE_CHECKING:
    from ..vault import Vault
    from ..workshop.client import Client


class Context:
    """One command's run. `device_busy` is true while a device operation is under way."""

    def __init__(self, options: Namespace) -> None:
        self.options = options
        self.device_busy = False

    def vault_path(self) -> Path:
        from ..vault import default_path

        return Path(self.options.vault) if self.options.vault else default_path()

    def vault(self) -> "Vault":
        """The unlocked vault; asks for the passphrase only if there is a vault."""
        from ..vault import Vault
        from ..vault.file import check_private
        from . import passphrase

        path = self.vault_path()
        check_private(path)
        return Vault.open(path, passphrase.read(self.options))

    @contextmanager
    def client(self) -> Iterator["Client"]:
        """The chosen device, opened. Before this Ctrl-C has changed nothing; afterwards nobody knows."""
        from ..link import choose

        url = choose(self.options.port)
        self.note(f"device: {url}", verbose=True)
        from ..workshop.client import Client

        self.device_busy = True
        with Client.open(url, self.options.timeout) as client:
            if sys.stderr is not None and sys.stderr.isatty() and not self.options.json:
                client.waits = lambda refused: self.note(f"{refused.message}; waiting: {refused.hint}")
            yield client
        self.device_busy = False

    def note(self, text: str, verbose: bool = False) -> None:
        """A line on stderr, unless -q; with `verbose` only under -v."""
        if not self.options.quiet and (self.options.verbose or not verbose):
            print(clean(text), file=sys.stderr)

    def need_consent(self) -> None:
        """A destructive verb calls this first: without a terminal or --yes it ends here (exit code 2)."""
        asked = sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
        if not self.options.yes and not asked:
            raise UsageError("this needs a confirmation and there is no terminal to ask at", "--yes skips it")

    def confirm(self, loss: str, serial: str) -> None:
        """Say what will be lost; go on only if the last four characters of the serial are typed."""
        question = f"Type the last four characters of the serial {serial} to go on: "
        self._agree(loss, question, serial[-4:])

    def confirm_display(self, what: str) -> None:
        """Go on only if the user types yes: what follows shows a secret."""
        self._agree(what, "Type yes to go on: ", "yes")

    def check_target(self) -> None:
        """Raise UsageError for a target that can't take a secret; called before anything is unlocked."""
        from ..workshop.handover import KINDS

        output = self.options.output
        if output is not None:
            if Path(output).suffix.lower() not in KINDS:
                raise UsageError(f"-o wants a file that ends in {', '.join(KINDS)}", "such as -o anna.svg")
        elif self.options.json or sys.stdin is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise UsageError("a key is shown on a terminal only", "write it to a file of your own with -o FILE")

    def _agree(self, loss: str, question: str, answer: str) -> None:
        self.need_consent()
        if self.options.yes:
            return
        print(clean(loss), file=sys.stderr)
        print(clean(question), end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().casefold() != answer.casefold():
            raise UsageError("not confirmed; nothing was changed", "run it again when you are sure")
