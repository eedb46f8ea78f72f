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
from .record import blob, fixed, text, u8, u16, u32

# --- outside a session. The first byte of a frame is its type; these follow it.
HELLO = (u8("version"),)
HELLO_ANSWER = (u8("version"), u8("state", 1, 3), text("board", 24), text("firmware", 24), text("serial", SERIAL_MAX))
CLAIM = (u8("version"), fixed("agent_id", AGENT_ID_SIZE), fixed("claim_key", KEY_SIZE))
CLAIM_ANSWER = (u8("code"), fixed("proof", 8))
RESET = (u8("version"),)  # answered without a body
OPEN = (u8("version"), u32("epoch"), fixed("nonce", 16))
OPEN_ANSWER = (fixed("nonce", 16),)
RECORD = (u32("counter"), blob("sealed", 1000))
REFUSAL = (u8("code"),)

# --- inside a session. A request is its number and its body; an answer is number | R_ANSWER, a code, and its body.
STATUS_ANSWER = (
    u32("uptime"),
    u16("boots"),
    u16("next_handle"),
    u16("capacity"),
    u32("log_first"),
    u32("log_next"),
    u8("doors"),
    u8("reader"),
    u8("radio"),
    u32("free_heap"),
    u16("store_free"),
    u16("damage"),
    u32("frames_bad"),
    u16("retired"),
    u16("reader_faults"),
    u16("restarts"),
    u16("crashes"),
    u8("light"),
)
LOSSES = (u32("first"),)
LOSSES_ANSWER = (u32("total"), u32("next"))  # then LOSS records; the last page has next == total
LOSS = (u8("what", 1, 4), u32("first"), u32("last"))
ENROL = (
    u16("handle", 0, HANDLE_LAST),
    u8("kind", 1, 5),
    u8("role", 1, 5),
    u16("rights", 0, RIGHTS_KNOWN),
    fixed("root", KEY_SIZE),
    text("label", LABEL_MAX),
)
HANDLE = (u16("handle", 0, HANDLE_NONE),)
LIST = (u16("first"),)
LIST_ANSWER = (u16("next"),)  # then KEY_INFO records; next is HANDLE_NONE behind the last one
KEY_INFO = (
    u16("handle"),
    u8("kind"),
    u8("role"),
    u16("rights"),
    u8("state"),
    u32("epoch"),
    text("label", LABEL_MAX),
)
LOG = (u32("first"),)
LOG_ANSWER = (u32("kept_from"), u32("next"))  # then entries of LOG_ENTRY and chain value
LOG_ENTRY_SIZE = 16
LOG_CHAIN_SIZE = 8
LOG_ENTRY = (
    u32("seq"),
    u32("time"),
    u8("link"),
    u8("action"),
    u16("handle"),
    u8("verdict"),
    u8("flags"),
    u16("detail"),
)
CONFIG_GET = (text("name", 24, 1),)
CONFIG_SET = (text("name", 24, 1), u32("value"))
CONFIG_ANSWER = (u32("value"),)
CARD = (u16("number"), blob("apdu", APDU_MAX))
CARD_ANSWER = (u8("state", 0, 4), blob("uid", UID_MAX), blob("response", RESPONSE_MAX))
TIME_SHOW = 0
TIME_SET = 1
TIME_JUMP = 2  # set, however far ahead
TIME = (u8("what", 0, 2), u32("seconds"))
TIME_ANSWER = (u32("now"), u32("floor"), u8("trusted", 0, 1), u32("uptime"))
RENAME = (u16("handle", 0, HANDLE_LAST), text("label", LABEL_MAX))

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
    u8("running", 0, 2),  # 0 the image's own agent, 1 slot a, 2 slot b
    u8("trial", 0, 1),
    u32("a"),
    u8("a_state", 0, 5),
    u32("b"),
    u8("b_state", 0, 5),
    u32("floor"),
    fixed("key", 32),
    u8("phase", 0, 5),
    u8("code"),
    u32("done"),
    u32("total"),
    u32("room"),
)
UPDATE_TRUST = (fixed("key", 32),)
UPDATE_BEGIN = (u8("fresh", 0, 1), fixed("manifest", MANIFEST_SIZE))
UPDATE_BLOCK = (u32("number"), blob("data", BLOCK, 1))
UPDATE_CRCS = (u32("first"),)
UPDATE_CRCS_ANSWER = (u32("next"),)  # then a CRC-32 for each block
