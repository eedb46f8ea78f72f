# SPDX-License-Identifier: MIT
"""What stands sealed behind a token that asks for more than an act of the lock, and behind its answer."""

from .numbers import HANDLE_LAST, LABEL_MAX, PASS_ID_SIZE, REPLY_MAX, SEAL_TAG

WHAT_KEY = 0  # the key of this handle
WHAT_PASS = 1  # the pass of this id that the asker issued, introduced or not
WHAT_PASSES = 2  # all passes that the asker issued

REVOKE = (("what", "u8", 0, 2), ("handle", "u16", 0, 0xFFFF), ("ident", "bytes", PASS_ID_SIZE, PASS_ID_SIZE))
# answered by messages.LIST_ANSWER and KEY_INFO
LIST = (("first", "u16", 0, 0xFFFF), ("room", "u8", 0, REPLY_MAX - SEAL_TAG))
APPROVE = ()
SET_TIME = (("seconds", "u32", 0, 0xFFFFFFFF),)
RENAME = (("handle", "u16", 0, HANDLE_LAST), ("label", "text", 0, LABEL_MAX))
CLEAR = (("handle", "u16", 0, HANDLE_LAST),)
