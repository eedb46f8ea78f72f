# SPDX-License-Identifier: MIT
"""What stands sealed behind a token that asks for more than an act of the lock, and behind its answer."""

from .numbers import CONSENT_SIZE, HANDLE_LAST, LABEL_MAX, MARK_SIZE, PASS_ID_SIZE, REPLY_MAX, SEAL_TAG

WHAT_KEY = 0  # the key of this handle
WHAT_PASS = 1  # the pass of this id that the asker issued, introduced or not
WHAT_PASSES = 2  # all passes that the asker issued

REVOKE = (("what", "u8", 0, 2), ("handle", "u16", 0, 0xFFFF), ("ident", "bytes", PASS_ID_SIZE, PASS_ID_SIZE))
# answered by messages.LIST_ANSWER and KEY_INFO
LIST = (("first", "u16", 0, 0xFFFF), ("room", "u8", 0, REPLY_MAX - SEAL_TAG))
WANTED = ()
WANTED_ANSWER = (  # what a session asks consent to: what it does not have is zero or empty
    ("request", "u8", 0, 0x7F),
    ("handle", "u16", 0, 0xFFFF),
    ("kind", "u8", 0, 0xFF),
    ("role", "u8", 0, 0xFF),
    ("rights", "u16", 0, 0xFFFF),
    ("text", "text", 0, LABEL_MAX),  # a label, or the name of a setting
    ("value", "u32", 0, 0xFFFFFFFF),
    ("key", "blob", 0, 32),  # the fingerprint of one for updates
    ("digest", "bytes", CONSENT_SIZE, CONSENT_SIZE),
)
APPROVE = (("digest", "bytes", CONSENT_SIZE, CONSENT_SIZE),)
SET_TIME = (("seconds", "u32", 0, 0xFFFFFFFF),)
RENAME = (("handle", "u16", 0, HANDLE_LAST), ("label", "text", 0, LABEL_MAX))
CLEAR = (
    ("handle", "u16", 0, HANDLE_LAST),
    ("epoch", "u32", 0, 0xFFFFFFFF),  # where the phone stands that is to have the rights,
    ("mark", "bytes", MARK_SIZE, MARK_SIZE),  # and on which branch; zeros for a card
)
