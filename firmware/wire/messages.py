# SPDX-License-Identifier: MIT
"""Layouts of the technician's channel: the frames outside a session, then the requests and answers inside one."""

from .bundle import BLOCK, MANIFEST_SIZE
from .numbers import (
    AGENT_ID_SIZE,
    APDU_MAX,
    HANDLE_LAST,
    HANDLE_NONE,
    KEY_SIZE,
    LABEL_MAX,
    RESPONSE_MAX,
    RIGHTS_KNOWN,
    SERIAL_MAX,
    UID_MAX,
)

# --- outside a session. The first byte of a frame is its type; these follow it.
HELLO = (("version", "u8", 0, 0xFF),)
HELLO_ANSWER = (
    ("version", "u8", 0, 0xFF),
    ("state", "u8", 1, 3),
    ("board", "text", 0, 24),
    ("firmware", "text", 0, 24),
    ("serial", "text", 0, SERIAL_MAX),
)
CLAIM = (
    ("version", "u8", 0, 0xFF),
    ("agent_id", "bytes", AGENT_ID_SIZE, AGENT_ID_SIZE),
    ("claim_key", "bytes", KEY_SIZE, KEY_SIZE),
)
CLAIM_ANSWER = (("code", "u8", 0, 0xFF), ("proof", "bytes", 8, 8))
RESET = (("version", "u8", 0, 0xFF),)  # answered without a body
OPEN = (("version", "u8", 0, 0xFF), ("epoch", "u32", 0, 0xFFFFFFFF), ("nonce", "bytes", 16, 16))
OPEN_ANSWER = (("nonce", "bytes", 16, 16),)
RECORD = (("counter", "u32", 0, 0xFFFFFFFF), ("sealed", "blob", 0, 1000))
REFUSAL = (("code", "u8", 0, 0xFF),)

# --- inside a session. A request is its number and its body; an answer is number | R_ANSWER, a code, and its body.
STATUS_ANSWER = (
    ("uptime", "u32", 0, 0xFFFFFFFF),
    ("boots", "u16", 0, 0xFFFF),
    ("next_handle", "u16", 0, 0xFFFF),
    ("capacity", "u16", 0, 0xFFFF),
    ("log_first", "u32", 0, 0xFFFFFFFF),
    ("log_next", "u32", 0, 0xFFFFFFFF),
    ("doors", "u8", 0, 0xFF),
    ("reader", "u8", 0, 0xFF),
    ("radio", "u8", 0, 0xFF),
    ("free_heap", "u32", 0, 0xFFFFFFFF),
    ("store_free", "u16", 0, 0xFFFF),
    ("damage", "u16", 0, 0xFFFF),
    ("frames_bad", "u32", 0, 0xFFFFFFFF),
    ("retired", "u16", 0, 0xFFFF),
    ("reader_faults", "u16", 0, 0xFFFF),
    ("restarts", "u16", 0, 0xFFFF),
    ("crashes", "u16", 0, 0xFFFF),
    ("light", "u8", 0, 0xFF),
)
LOSSES = (("first", "u32", 0, 0xFFFFFFFF),)
# then LOSS records; the last page has next == total
LOSSES_ANSWER = (("total", "u32", 0, 0xFFFFFFFF), ("next", "u32", 0, 0xFFFFFFFF))
LOSS = (("what", "u8", 1, 4), ("first", "u32", 0, 0xFFFFFFFF), ("last", "u32", 0, 0xFFFFFFFF))
ENROL = (
    ("handle", "u16", 0, HANDLE_LAST),
    ("kind", "u8", 1, 5),
    ("role", "u8", 1, 5),
    ("rights", "u16", 0, RIGHTS_KNOWN),
    ("root", "bytes", KEY_SIZE, KEY_SIZE),
    ("label", "text", 0, LABEL_MAX),
)
HANDLE = (("handle", "u16", 0, HANDLE_NONE),)
LIST = (("first", "u16", 0, 0xFFFF),)
LIST_ANSWER = (("next", "u16", 0, 0xFFFF),)  # then KEY_INFO records; next is HANDLE_NONE behind the last one
KEY_INFO = (
    ("handle", "u16", 0, 0xFFFF),
    ("kind", "u8", 0, 0xFF),
    ("role", "u8", 0, 0xFF),
    ("rights", "u16", 0, 0xFFFF),
    ("state", "u8", 0, 0xFF),
    ("epoch", "u32", 0, 0xFFFFFFFF),
    ("label", "text", 0, LABEL_MAX),
)
LOG = (("first", "u32", 0, 0xFFFFFFFF),)
# then entries of LOG_ENTRY and chain value
LOG_ANSWER = (("kept_from", "u32", 0, 0xFFFFFFFF), ("next", "u32", 0, 0xFFFFFFFF))
LOG_ENTRY_SIZE = 16
LOG_CHAIN_SIZE = 8
LOG_ENTRY = (
    ("seq", "u32", 0, 0xFFFFFFFF),
    ("time", "u32", 0, 0xFFFFFFFF),
    ("link", "u8", 0, 0xFF),
    ("action", "u8", 0, 0xFF),
    ("handle", "u16", 0, 0xFFFF),
    ("verdict", "u8", 0, 0xFF),
    ("flags", "u8", 0, 0xFF),
    ("detail", "u16", 0, 0xFFFF),
)
CONFIG_GET = (("name", "text", 1, 24),)
CONFIG_SET = (("name", "text", 1, 24), ("value", "u32", 0, 0xFFFFFFFF))
CONFIG_ANSWER = (("value", "u32", 0, 0xFFFFFFFF),)
CARD = (("number", "u16", 0, 0xFFFF), ("apdu", "blob", 0, APDU_MAX))
CARD_ANSWER = (("state", "u8", 0, 4), ("uid", "blob", 0, UID_MAX), ("response", "blob", 0, RESPONSE_MAX))
TIME_SHOW = 0
TIME_SET = 1
TIME_JUMP = 2  # set, however far ahead
TIME = (("what", "u8", 0, 2), ("seconds", "u32", 0, 0xFFFFFFFF))
TIME_ANSWER = (
    ("now", "u32", 0, 0xFFFFFFFF),
    ("floor", "u32", 0, 0xFFFFFFFF),
    ("trusted", "u8", 0, 1),
    ("uptime", "u32", 0, 0xFFFFFFFF),
)
RENAME = (("handle", "u16", 0, HANDLE_LAST), ("label", "text", 0, LABEL_MAX))

UPDATE_IDLE = 0
UPDATE_ERASING = 1
UPDATE_RECEIVING = 2
UPDATE_CHECKING = 3
UPDATE_READY = 4  # checked: R_UPDATE_TRY starts it
UPDATE_REFUSED = 5  # `code` says why
SLOT_EMPTY = 0
SLOT_PART = 1  # on its way, or not checked
SLOT_READY = 2
SLOT_TRIAL = 3
SLOT_CONFIRMED = 4
SLOT_BAD = 5
UPDATE_STATUS_ANSWER = (
    ("running", "u8", 0, 2),  # 0 the image's own agent, 1 slot a, 2 slot b
    ("trial", "u8", 0, 1),
    ("a", "u32", 0, 0xFFFFFFFF),
    ("a_state", "u8", 0, 5),
    ("b", "u32", 0, 0xFFFFFFFF),
    ("b_state", "u8", 0, 5),
    ("floor", "u32", 0, 0xFFFFFFFF),
    ("key", "bytes", 32, 32),
    ("phase", "u8", 0, 5),
    ("code", "u8", 0, 0xFF),
    ("done", "u32", 0, 0xFFFFFFFF),
    ("total", "u32", 0, 0xFFFFFFFF),
    ("room", "u32", 0, 0xFFFFFFFF),
)
UPDATE_TRUST = (("key", "bytes", 32, 32),)
UPDATE_BEGIN = (("fresh", "u8", 0, 1), ("manifest", "bytes", MANIFEST_SIZE, MANIFEST_SIZE))
UPDATE_BLOCK = (("number", "u32", 0, 0xFFFFFFFF), ("data", "blob", 1, BLOCK))
UPDATE_CRCS = (("first", "u32", 0, 0xFFFFFFFF),)
UPDATE_CRCS_ANSWER = (("next", "u32", 0, 0xFFFFFFFF),)  # then a CRC-32 for each block
