# SPDX-License-Identifier: MIT
"""Walks the whole grammar: no option takes a secret on argv, every verb takes the globals, help starts at once."""

import argparse
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nightlatch
from nightlatch.cli import grammar
from nightlatch.cli.nouns import key as key_noun
from nightlatch.cli.parser import Shown
from nightlatch.errors import UsageError
from nightlatch.wire import numbers as n

GLOBALS = {"json", "port", "vault", "passphrase_file", "passphrase_fd", "timeout", "yes", "quiet", "verbose"}
SECRET_WORDS = ("pass", "secret", "key", "pin", "code", "token", "root", "seed", "cred")
# What has such a word in its name and still takes no secret: where to find one, or which one is meant.
PLACES = dict.fromkeys(("--passphrase-file", "--key", "--pass", "--code-file"), "FILE") | {
    "--passphrase-fd": "FD",
    "--pin-file": "FILE",
    "--token": "LABEL",
    "--key-label": "LABEL",
    "code": "CODE",  # where a phone stands, which opens nothing
}


def walk(
    parser: argparse.ArgumentParser, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    yield path, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from walk(inner, (*path, name))


ALL = dict(walk(grammar.build()))
VERBS = {path: parser for path, parser in ALL.items() if len(path) == 2}


def test_nouns_and_verbs() -> None:
    assert {" ".join(path) for path in VERBS} == {
        *(
            "device list",
            "device info",
            "device claim",
            "key add",
            "key list",
            "key clear",
            "key show",
            "key revoke",
            "key qr",
        ),
        *("key rename", "pass create", "pass inspect", "pass revoke", "recovery sheet", "recovery use", "time show"),
        *("device doctor", "time set", "log export", "log show", "log verify", "sim start", "sim demo", "sim phone"),
        *("device reset", "sim button"),
        *("vault init", "sim card", "card issue", "card check", "card wipe", "config get", "config set"),
        *("flash plan", "flash write", "flash verify"),
        *("update build", "update sign", "update trust", "update push", "update status", "update rollback"),
    }


def test_no_option_takes_a_secret() -> None:
    seen = set()
    for path, parser in ALL.items():
        for action in parser._actions:
            takes_value = action.nargs != 0 and not isinstance(action, argparse._SubParsersAction)
            names = [*action.option_strings, action.dest, str(action.metavar or "")]
            if not takes_value or not any(word in name.lower() for word in SECRET_WORDS for name in names):
                continue
            option = action.option_strings[-1] if action.option_strings else action.dest
            assert PLACES.get(option) == action.metavar, (
                f"{' '.join(path)} {option} looks like a secret on argv"
            )
            seen.add(option)
    assert seen == set(PLACES), "an exception that nothing needs"


def test_a_key_on_argv_is_refused_before_anything_else() -> None:
    options = grammar.parse(["sim", "phone", "--key", " NIGHTLATCH:key#AAAA"])
    from nightlatch.cli.context import Context

    with pytest.raises(UsageError) as error:
        options.run(Context(options))
    assert "AAAA" not in str(vars(error.value))


def test_every_verb_takes_the_globals_and_says_what_it_is() -> None:
    for path, parser in VERBS.items():
        assert GLOBALS <= {action.dest for action in parser._actions}, path
        assert parser.description and parser.get_default("run"), path
    assert set(grammar.DEFAULTS) == GLOBALS


def test_an_inner_default_does_not_undo_an_outer_option() -> None:
    options = grammar.parse(
        ["--json", "-q", "--timeout", "7", "--port", "a", "device", "--yes", "info", "--port", "b"]
    )
    assert (options.json, options.quiet, options.timeout, options.yes, options.port) == (
        True,
        True,
        7.0,
        True,
        "b",
    )
    options = grammar.parse(["device", "info"])
    assert {name: getattr(options, name) for name in GLOBALS} == grammar.DEFAULTS


def test_one_version() -> None:
    root = Path(nightlatch.__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["version"] == nightlatch.__version__


def test_numbers_that_were_copied_for_speed() -> None:
    assert key_noun._HANDLE_LAST == n.HANDLE_LAST


words = st.sampled_from(
    [word for path in ALL for word in path] + ["--json", "--port", "-y", "--key", "-o", "--", "0", "-1"]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(words | st.text(max_size=6), max_size=7))
def test_any_words_parse_or_are_refused(arguments: list[str]) -> None:
    try:
        assert callable(grammar.parse(arguments).run)
    except (UsageError, Shown):
        pass


HEAVY = (
    "sqlalchemy",
    "rich",
    "serial",
    "cryptography",
    "argon2",
    "segno",
    "bumble",
    "asyncio",
    "platformdirs",
    "dataclasses",
    "esptool",
)


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from nightlatch.cli.main import main; main(['--help']); "
    code += f"sys.exit(str([name for name in {HEAVY!r} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"


def least(argv: list[str], runs: int = 5) -> float:
    """Seconds of processor time that the leanest of some runs took: what a quiet machine would show."""
    costs = []
    for _ in range(runs):
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        costs.append(usage.ru_utime + usage.ru_stime)
    return min(costs)


def test_help_is_quick() -> None:
    command = Path(sys.executable).with_name("nightlatch")
    ours, bare = least([str(command), "--help"]), least([sys.executable, "-c", "pass"])
    assert ours < 0.150, f"{ours * 1000:.0f} ms, of which Python takes {bare * 1000:.0f}"
