# SPDX-License-Identifier: MIT
"""build, sign and send updates of the agent"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..output import Outcome, pairs
from ..parser import add_verb

if TYPE_CHECKING:
    from ...update.push import Progress, UpdateStatus
    from ...workshop.session import Session
    from ..context import Context
    from ..parser import Verbs

_PIN_MOST = 256


def register(verbs: "Verbs") -> None:
    """Declare the verbs."""
    build_parser = add_verb(verbs, "build", build, "make an unsigned update of the agent's sources")
    build_parser.add_argument("--board", required=True, help="a folder of boards/")
    build_parser.add_argument("--version", required=True, help="such as 1.2.3; it must rise")
    build_parser.add_argument("--firmware", metavar="FOLDER", type=Path, help="sources (default: this project's)")
    build_parser.add_argument("-o", "--output", metavar="FILE", type=Path, required=True)
    sign_parser = add_verb(verbs, "sign", sign, "sign an update with a P-256 key")
    sign_parser.add_argument("file", metavar="FILE", type=Path)
    where = sign_parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--key", metavar="FILE", type=Path, help="a private key in a file")
    where.add_argument("--pkcs11", metavar="MODULE", type=Path, help="the library of a token that holds the key")
    sign_parser.add_argument("--token", metavar="LABEL", help="of the token")
    sign_parser.add_argument("--key-label", metavar="LABEL", help="of the key in the token")
    sign_parser.add_argument("--pin-file", metavar="FILE", type=Path, help="read the token's PIN from FILE")
    sign_parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="(default: sign in place)")
    trust_parser = add_verb(verbs, "trust", trust, "tell the car whose updates to take")
    trust_parser.add_argument("file", metavar="FILE", type=Path, help="a P-256 public key, PEM")
    push_parser = add_verb(verbs, "push", push, "send a signed update, have it checked, and start it")
    push_parser.add_argument("file", metavar="FILE", type=Path)
    push_parser.add_argument("--fresh", action="store_true", help="send all of it again")
    push_parser.add_argument("--no-start", action="store_true", help="it starts with the car's next start")
    add_verb(verbs, "status", status, "what runs, what is in the slots, whose updates it takes")
    add_verb(verbs, "rollback", rollback, "give up the update that runs")


def build(context: "Context") -> Outcome:
    """`update build`."""
    from ...micropython import FIRMWARE
    from ...update.build import build as make

    options = context.options
    made = make(options.board, options.version, options.firmware or FIRMWARE)
    _write(options.output, made.data)
    data = {"file": str(options.output), "board": made.board, "version": options.version, "image": len(made.image)}
    return Outcome(data, pairs(data), notes=[f"next: `nightlatch update sign {options.output} --key KEY.pem`"])


def sign(context: "Context") -> Outcome:
    """`update sign`."""
    from ...update import bundle, keys
    from ...update.token import TokenSigner
    from ...update.versions import text

    options = context.options
    found = bundle.load(options.file)
    if options.key:
        signed = bundle.sign(found, keys.FileSigner(options.key))
    else:
        with TokenSigner(options.pkcs11, options.token, options.key_label, _pin(options.pin_file)) as signer:
            signed = bundle.sign(found, signer)
    target = options.output or options.file
    _write(target, signed.data)
    data = {"file": str(target), "board": signed.board, "version": text(signed.version)}
    data["fingerprint"] = keys.fingerprint(signed.key[:64]).hex()
    return Outcome(data, pairs(data))


def trust(context: "Context") -> Outcome:
    """`update trust`."""
    from ...update import keys
    from ...update import push as library

    fingerprint = keys.fingerprint(keys.load_public(context.options.file))
    vault = context.vault()
    with context.client() as client, client.session(vault) as session:
        library.trust(session, fingerprint)
        return _outcome(session, library.status(session))


def push(context: "Context") -> Outcome:
    """`update push`."""
    from ...update import bundle
    from ...update import push as library

    options = context.options
    found = bundle.load(options.file)
    vault = context.vault()
    with context.client() as client, client.session(vault) as session:
        now = library.push(session, found, _progress(context), options.fresh)
        outcome = _outcome(session, now)
        if options.no_start:
            return outcome
        library.start(session)
    outcome.notes = ["the car restarts into it; it comes back by itself if the update does not prove itself"]
    return outcome


def status(context: "Context") -> Outcome:
    """`update status`."""
    from ...update import push as library

    vault = context.vault()
    with context.client() as client, client.session(vault) as session:
        return _outcome(session, library.status(session))


def rollback(context: "Context") -> Outcome:
    """`update rollback`: what is given up has to be pushed again."""
    from ...update import push as library
    from ...update.versions import text

    context.need_consent()
    vault = context.vault()
    with context.client() as client:
        serial = vault.car(client.hello().serial).serial
        with client.session(vault) as session:
            now = library.status(session)
            context.confirm(f"{serial} will never start version {text(now.version)} again.", serial)
            library.roll_back(session)
    return Outcome({"serial": serial, "gave_up": text(now.version)}, f"{serial} restarts with what ran before")


def _outcome(session: "Session", now: "UpdateStatus") -> Outcome:
    from ...update.push import PHASES, SLOTS
    from ...update.versions import text

    data: dict[str, Any] = {
        "serial": session.car.serial,
        "running": ("image", "a", "b")[now.running],
        "trial": bool(now.trial),
        "slot_a": {"version": text(now.a), "state": SLOTS[now.a_state]},
        "slot_b": {"version": text(now.b), "state": SLOTS[now.b_state]},
        "oldest": text(now.floor),
        "phase": PHASES[now.phase],
        "room": now.room,
        "fingerprint": now.key.hex() if any(now.key) else None,
    }
    shown = {name: value for name, value in data.items() if value is not None}
    for name in ("slot_a", "slot_b"):
        shown[name] = f"{data[name]['version']} {data[name]['state']}"
    return Outcome(data, pairs(shown))


def _progress(context: "Context") -> "Progress":
    """Shows how far it is: a line that moves on a terminal, one line a phase elsewhere."""
    import time

    began = time.monotonic()
    seen = ""

    def show(phase: str, done: int, total: int) -> None:
        nonlocal seen
        if context.options.quiet:
            return
        if sys.stderr.isatty():
            spent = max(time.monotonic() - began, 0.001)
            print(f"\r{phase} {done}/{total} ({done / spent:.0f}/s) ", end="", file=sys.stderr, flush=True)
        elif phase != seen:
            context.note(phase)
        seen = phase

    return show


def _pin(path: Path | None) -> str:
    from ...errors import UsageError

    if path is None:
        import getpass

        try:
            return getpass.getpass("PIN of the token: ", sys.stderr)
        except EOFError:
            raise UsageError("no PIN was given", "use a terminal, or --pin-file FILE") from None
    try:
        with path.open() as file:
            return file.read(_PIN_MOST).strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a text"
        raise UsageError(f"the PIN file cannot be read: {reason}", "name another one with --pin-file") from None


def _write(path: Path, data: bytes) -> None:
    from ...errors import HostError
    from ...files import create_whole

    def fill(draft: Path) -> None:
        draft.write_bytes(data)

    try:
        create_whole(path, fill, replace=True)
    except OSError as error:
        raise HostError(f"cannot write {path}: {error.strerror}", "name another file with -o") from None
