# SPDX-License-Identifier: MIT
"""What stands sealed behind a token that asks for more than an act of the lock, and behind its answer."""

from .numbers import HANDLE_LAST, LABEL_MAX, PASS_ID_SIZE, REPLY_MAX, SEAL_TAG
from .record import fixed, text, u8, u16, u32

WHAT_KEY = 0  # the key of this handle
WHAT_PASS = 1  # the pass of this id that the asker issued, introduced or not
WHAT_PASSES = 2  # all passes that the asker issued

REVOKE = (u8("what", 0, 2), u16("handle"), fixed("ident", PASS_ID_SIZE))
LIST = (u16("first"), u8("room", 0, REPLY_MAX - SEAL_TAG))  # answered by messages.LIST_ANSWER and KEY_INFO
APPROVE = ()
SET_TIME = (u32("seconds"),)
RENAME = (u16("handle", 0, HANDLE_LAST), text("label", LABEL_MAX))
CLEAR = (u16("handle", 0, HANDLE_LAST),)
