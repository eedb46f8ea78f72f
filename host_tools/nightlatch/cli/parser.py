# SPDX-License-Identifier: MIT
"""What the grammar is made of: a parser that raises, the options of every one, verbs, and types of arguments.

Only argparse is imported here and by the noun modules at their top: `--help` must be quick.
"""

import argparse
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, NoReturn

from ..errors import UsageError

if TYPE_CHECKING:
    from .context import Context
    from .output import Outcome

    Verb = Callable[[Context], Outcome]
    Verbs = argparse._SubParsersAction["Parser"]

class Shown(Exception):
    """The user asked for help or the version: `text` is the answer."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Parser(argparse.ArgumentParser):
    """Raises instead of printing and exiting, so that main() alone decides what goes where."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)
        add_globals(self)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"see `{self.prog} --help`")

    def print_help(self, file: IO[str] | None = None) -> None:  # type: ignore[override]
        raise Shown(self.format_help())


def add_verb(verbs: "Verbs", name: str, run: "Verb", text: str) -> Parser:
    """Declare a verb; the caller adds its own arguments to what is returned."""
    parser = verbs.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def add_globals(parser: argparse.ArgumentParser) -> None:
    """The options of every parser. They have no default here: an inner parser must not undo an outer one."""
    group = parser.add_argument_group("globals")

    def option(*names: str, **settings: Any) -> None:
        group.add_argument(*names, default=argparse.SUPPRESS, **settings)

    option("--json", action="store_true", help="one JSON object on stdout, also on failure")
    option("--port", metavar="URL", help="serial:PATH, pty:PATH, tcp:HOST:PORT or sim:[NAME]")
    option("--vault", metavar="PATH", help="the vault file (default: the user's own)")
    option("--passphrase-file", metavar="FILE", help="read the vault's passphrase from FILE; - is stdin")
    option("--passphrase-fd", metavar="FD", type=int, help="read it from an open file descriptor")
    option("--timeout", metavar="SECONDS", type=seconds, help="how long a device may take to answer (3)")
    option("-y", "--yes", action="store_true", help="skip confirmations")
    option("-q", "--quiet", action="store_true", help="no notes on stderr")
    option("-v", "--verbose", action="store_true", help="more notes on stderr")


def seconds(text: str) -> float:
    """A duration from 0.05 to 600 s."""
    value = float(text)
    if not 0.05 <= value <= 600:
        raise argparse.ArgumentTypeError("from 0.05 to 600")
    return value


def number(low: int, high: int) -> Callable[[str], int]:
    """An argument type: an integer in a range."""

    def integer(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 12 and low <= int(text) <= high):
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
        return int(text)

    return integer
