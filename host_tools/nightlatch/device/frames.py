# SPDX-License-Identifier: MIT
"""One question, one answer over a link: framing, time-outs, and what each refusal means in words."""

import time

from ..errors import AuthFailed, HostError, Mismatch, NoAnswer, Refused
from ..link.base import READ_CHUNK, Link
from ..wire import frame
from ..wire import numbers as n

_TRUST_HINT = "`nightlatch update status` shows the key's fingerprint"
_REFUSALS: dict[int, tuple[type[HostError], str, str, str]] = {
    n.C_BAD_REQUEST: (Refused, "bad_request", "the device did not understand the request", "check both versions"),
    n.C_UNKNOWN_REQUEST: (Refused, "unknown_request", "the device does not know this request", "update its firmware"),
    n.C_NOT_BLANK: (Refused, "not_blank", "it is claimed already", "only its vault can open it"),
    n.C_WINDOW_CLOSED: (
        Refused,
        "window_closed",
        "the claim window is closed",
        "hold the button, or power it up and claim it within a minute",
    ),
    n.C_NOT_CLAIMED: (Refused, "not_claimed", "it is not claimed", "run `nightlatch device claim`"),
    n.C_REFUSED: (
        AuthFailed,
        "link_key_refused",
        "it refused our link key",
        "the vault may be an older copy, or another session was opened meanwhile",
    ),
    n.C_NO_SUCH_KEY: (Refused, "no_such_key", "it holds no key of that handle", "see `nightlatch key list`"),
    n.C_HANDLE_TAKEN: (Refused, "handle_taken", "that handle is taken", "try again"),
    n.C_FULL: (Refused, "full", "its store is full", "revoked keys keep their place; a reset frees all"),
    n.C_LAST_OWNER: (Refused, "last_owner", "this is its last owner key", "enrol another owner first"),
    n.C_NO_SUCH_SETTING: (Refused, "no_such_setting", "it has no setting of that name", "check the name"),
    n.C_BAD_VALUE: (Refused, "bad_value", "the value is out of range", "check the range"),
    n.C_FAULT: (Refused, "device_fault", "the device failed inside; nothing was changed", "see `nightlatch log show`"),
    n.C_TOO_OFTEN: (
        Refused,
        "too_often",
        "it asked its owner three times in ten minutes, and asks no more",
        "wait ten minutes, then do it with the owner beside you",
    ),
    n.C_NOT_THERE: (
        Refused,
        "not_there",
        "no phone of this key stands where that code says",
        "read the code off the phone that is to keep the key; or revoke the key",
    ),
    n.C_NO_READER: (Refused, "no_reader", "it has no NFC reader", "use a PC/SC reader: --reader pcsc"),
    n.C_TIME_BACK: (
        Refused,
        "time_back",
        "its time never goes back",
        "see `nightlatch time show`: if the computer's clock is right, the car's was once set wrongly",
    ),
    n.C_TOO_FAR: (
        Refused,
        "time_too_far",
        "that time is implausible, and could not be undone",
        "check the date; `time set --far` insists on a step of more than 400 days",
    ),
    n.C_NEEDS_APPROVAL: (
        Refused,
        "needs_approval",
        "this car was handed over: an owner must approve it first",
        "within 30 s have an owner's phone approve, or hold the car's button and tap an owner's card; then repeat it",
    ),
    n.C_NO_BUTTON: (
        Refused,
        "no_button",
        "its button was not held for five seconds",
        "hold the claim button down, and keep it down until the reset is done",
    ),
    n.C_KEY_REVOKED: (Refused, "key_revoked", "that key is revoked for good", "enrol a new one"),
    n.C_NO_TRUST: (
        Refused,
        "no_trust",
        "it was never told whose updates to take",
        "`nightlatch update trust KEY.pub`",
    ),
    n.C_BAD_SIGNATURE: (Mismatch, "bad_signature", "the update is not signed by the key that it trusts", _TRUST_HINT),
    n.C_BAD_HASH: (Mismatch, "bad_hash", "what arrived is not what was signed", "push it again with --fresh"),
    n.C_WRONG_BOARD: (Mismatch, "wrong_board", "the update is for another board", "build one for this board"),
    n.C_OLD_VERSION: (Mismatch, "old_version", "the update is not newer than what it ran", "build a newer one"),
    n.C_BAD_IMAGE: (Mismatch, "bad_image", "it can't take an update of this form or size", "see `update status`"),
    n.C_NO_UPDATE: (Refused, "no_update", "there is nothing to do, or this board takes no updates", "`update status`"),
    n.C_BAD_VERSION: (Mismatch, "version", "it speaks another version of the protocol", "update one of the two"),
}


def refusal(code: int, device: str) -> HostError:
    """The exception for a result code."""
    kind, word, message, hint = _REFUSALS.get(code, (Refused, f"code_{code}", f"refused with code {code}", ""))
    return kind(message, hint, code=word, device=device)


def strange(what: str, device: str) -> Mismatch:
    """The exception for an answer that is not laid out as ours are."""
    return Mismatch(f"its answer is not what we expect ({what})", "check both versions", device=device)


class Frames:
    """Framed questions and answers on an open link."""

    def __init__(self, link: Link, timeout: float) -> None:
        self.link = link
        self.timeout = timeout
        self._decoder = frame.Decoder()
        self._waiting: list[bytes] = []

    def ask(self, payload: bytes, kind: int, timeout: float | None = None) -> bytes:
        """Sends a payload and returns the body of the answer of that kind (a wire number).

        NoAnswer after `timeout` seconds; a refusal raises what it means. Other frames are late answers: dropped.
        """
        self._waiting.clear()
        self.send(payload)
        return self.answer(kind, timeout)

    def send(self, payload: bytes) -> None:
        """Sends a payload whose answer is fetched later, in turn."""
        # the leading zero ends whatever stood half-sent on the line
        self.link.write(b"\x00" + frame.encode(payload))

    def answer(self, kind: int, timeout: float | None = None) -> bytes:
        """The next answer of that kind; see ask()."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while self._waiting or (left := end - time.monotonic()) > 0:
            if not self._waiting:
                self._waiting += self._decoder.push(self.link.read(READ_CHUNK, left))
            while self._waiting:
                answer = self._waiting.pop(0)
                if answer[0] == n.F_REFUSAL and len(answer) == 2:
                    raise refusal(answer[1], self.link.url)
                if answer[0] == kind | n.F_ANSWER:
                    return answer[1:]
        raise NoAnswer("no answer in time", device=self.link.url)
