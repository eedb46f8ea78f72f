# SPDX-License-Identifier: MIT
"""Entry point: parses, runs one verb, and turns how it ended into output and an exit code.

Exit codes: 0 done · 1 refused or failed · 2 usage · 3 no device · 4 several devices · 5 port busy or
forbidden · 6 authentication or vault · 7 mismatch · 8 interrupted, state unknown · 9 done, a manual step is
left. Ctrl-C while no device operation is under way changed nothing and is 1.
"""

import contextlib
import io
import os
import sys
from collections.abc import Sequence

from ..errors import EXIT_FAILED, EXIT_OK, HostError, Interrupted
from . import output
from .context import Context
from .grammar import parse
from .parser import Shown


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a label never fails on a terminal that can't show it
    as_json = "--json" in (words[: words.index("--")] if "--" in words else words)
    try:
        return _run(words, as_json)
    except BrokenPipeError:  # the reader of our stdout has left: nothing to say and nobody to say it to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED


def _run(words: list[str], as_json: bool) -> int:
    context: Context | None = None
    try:
        options = parse(words)
        context = Context(options)
        with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
            outcome: output.Outcome = options.run(context)
        output.show(outcome, as_json, options.quiet)
        return outcome.exit_code
    except Shown as shown:
        output.show(output.Outcome({"text": shown.text}, shown.text), as_json, quiet=False)
        return EXIT_OK
    except HostError as error:
        output.show_error(error, as_json)
        return error.exit_code
    except KeyboardInterrupt:
        ended = _interrupted(context)
        print(file=sys.stderr)
        output.show_error(ended, as_json)
        return ended.exit_code
    except BrokenPipeError:
        raise
    except Exception as bug:
        if as_json:
            hint = "this is a bug: report what stderr shows"
            problem = {"code": "internal", "message": type(bug).__name__, "hint": hint}
            output.write_object(False, {}, problem)
        sys.excepthook(type(bug), bug, bug.__traceback__)
        return EXIT_FAILED


def _interrupted(context: Context | None) -> HostError:
    if context is not None and context.device_busy:
        return Interrupted("interrupted while the device was at work")
    return HostError("cancelled; nothing was changed", "", code="cancelled")


if __name__ == "__main__":
    sys.exit(main())
