# SPDX-License-Identifier: MIT
"""The grammar `nightlatch [globals] NOUN VERB [args]`, with globals accepted before and after the verb."""

import argparse
from collections.abc import Sequence
from typing import Any

from .. import __version__
from .nouns import NOUNS
from .parser import Parser, Shown

DEFAULTS: dict[str, Any] = {
    "json": False,
    "port": None,
    "vault": None,
    "passphrase_file": None,
    "passphrase_fd": None,
    "timeout": 3.0,
    "quiet": False,
    "verbose": False,
    "yes": False,
}


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        raise Shown(f"nightlatch {__version__}\n")


def build() -> Parser:
    """The whole grammar."""
    parser = Parser(
        prog="nightlatch", description="Cars that open: flash and claim agents, manage keys, read logs, simulate."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and leave")
    nouns = parser.add_subparsers(title="nouns", metavar="NOUN", required=True)
    for noun in NOUNS:
        name = noun.__name__.rpartition(".")[2].rstrip("_")
        text = (noun.__doc__ or "").partition("\n")[0]
        verbs = nouns.add_parser(name, help=text, description=text).add_subparsers(
            title="verbs", metavar="VERB", required=True
        )
        noun.register(verbs)
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Options of one command. Raises UsageError, or Shown when help or the version was asked for."""
    return build().parse_args(arguments, argparse.Namespace(**DEFAULTS))
