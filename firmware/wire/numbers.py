# SPDX-License-Identifier: MIT
"""Every number that crosses a link, in one place. A retired number stays here as a comment and is never used again."""

PROTOCOL = 2  # version of the token and of the technician's channel

# --- links, as the log and the policy name them
LINK_SERIAL = 1
LINK_BLE = 2
LINK_NFC = 3
LINK_INTERNAL = 4

# --- actions of a token (low four bits of its first byte)
UNLOCK = 1
LOCK = 2
TRUNK = 3
DRIVE = 4
STATUS = 5
# 6 and up carry a sealed body behind the 20 bytes
INTRODUCE = 6  # a pass; its body is veiled, its handle HANDLE_NONE
REVOKE = 7
LIST = 8
APPROVE = 9  # an owner's consent to one enrolment by cable
SET_TIME = 10
RENAME = 11
RECOVER = 12  # a recovery code; nothing in it is veiled: who types it does not know the car
CLEAR = 13  # a suspect key is its owner's alone again
WANTED = 14  # what a session asks an owner's consent to
REPORT = 15  # "tell me why": authenticated by the identity key alone, opens nothing

# --- flags of a token
FLAG_PASSIVE = 0x01  # sent without an act of the holder
FLAG_KEEP = 0x02  # passes of an earlier epoch of this holder are out
FLAG_LEND = 0x04  # passes of this very epoch are
FLAGS_KNOWN = 0x07

# --- sizes, bytes
CHALLENGE_SIZE = 16
TOKEN_SIZE = 20
TOKEN_HEAD = 8
TAG_SIZE = 12
ANSWER_SIZE = 16
ANSWER_HEAD = 4
KEY_SIZE = 16
AGENT_ID_SIZE = 16
LABEL_MAX = 24
BODY_MAX = 160  # behind a token
REPLY_MAX = 200  # behind an answer, sealed
SEAL_TAG = 8
PASS_ID_SIZE = 8
CONSENT_SIZE = 8  # of the digest by which an owner names what is consented to
MARK_SIZE = 2  # by which a report says which of several branches its holder is on
SERIAL_MAX = 24

# --- times, milliseconds
CHALLENGE_MS = 5000  # a challenge dies
PUSH_MS = 4000  # the next challenge is pushed on a live link
REFUSAL_MS = 40  # a refusal leaves so long after the token came, whatever the reason
LINK_STRANGER_MS = 15000
LINK_HOLDER_MS = 60000
ADVERT_MS = 300000
CLAIM_WINDOW_MS = 60000
SESSION_IDLE_MS = 120000
RESET_HOLD_MS = 5000  # so long the button is down before it stands for a factory reset
APPROVAL_MS = 30000  # an owner's consent to an enrolment

# --- trusted time, Unix seconds
TIME_FIRST = 1767225600  # 2026-01-01: before this, a clock was never set
TIME_LAST = 0xF0000000
TIME_SLACK_S = 300  # so far behind the floor a source may be and still confirm it
TIME_JUMP_S = 34560000  # 400 days: a step further ahead wants to be asked for by name

# --- link limits
LINKS_MAX = 4
LINK_REFUSALS = 5

# --- epochs
EPOCH_AHEAD = 8  # lost writes of the car that a holder may be ahead by
EPOCH_LAST = 0xFFFFFFF0  # never wraps: a credential that got here is refused as exhausted
HANDLE_NONE = 0xFFFF
HANDLE_LAST = 0xFFF0

# --- verdicts: zero opens, everything else is a reason
OK = 0
UNKNOWN = 1  # no such credential (never told to anybody)
BAD_TAG = 2  # the tag does not verify
STALE = 3  # an epoch that is over: a clone or a restored backup
REVOKED = 4
SUSPENDED = 5
EXPIRED = 6
NO_RIGHT = 7
EXHAUSTED = 8  # the epoch counter is at its end: enrol again
PASSIVE_OFF = 9
MALFORMED = 10
NO_CHALLENGE = 11  # none alive on this link: late, used, or killed by a newer accepted token
BAD_VERSION = 12
UNKNOWN_ACTION = 13
NOT_READY = 14  # blank, or damaged: nothing opens
INTERLOCK = 15
FAULT = 16  # the agent failed inside; nothing moved
SUSPECT = 17  # log only: a second copy of the credential was seen at work
RECOVERED = 18  # log only: the holder was ahead, the car had lost writes

NO_TIME = 19  # it depends on the time, and the car is not sure of it
NOT_YET = 20
HOURS = 21  # outside its hours of the week
USED_UP = 22  # it was good for so many uses
NO_KEY = 23  # the request names a key that is not there
LAST_OWNER = 24
TIME_BACK = 25  # the floor of the time never falls
TOO_FAR = 26  # a step of the time that no owner may ask for
BAD_PASS = 27  # not to be had from this issuer
FULL = 28
REPEAT = 29  # the token of an earlier challenge was accepted at this epoch: that one counts
NOTHING_WANTED = 31  # no session asks for consent, or not to this
AHEAD = 30  # the holder is ahead by as many epochs as the answer's last byte says

# --- log: what happened when it is not a token (actions 32 and up)
EVENT_BOOT = 32
EVENT_CLAIM = 33
EVENT_ENROL = 34
EVENT_REVOKE = 35
EVENT_CONFIG = 36
EVENT_SESSION = 37
EVENT_REBOOT = 38
EVENT_LOST = 39  # entries that could not be kept: handle holds how many
EVENT_FAULT = 40
EVENT_READER = 41  # the NFC reader is gone (FAULT), or steady again (OK)
# 42 to 47 are kept for cards and their reader
EVENT_TIME = 48
EVENT_RENAME = 49
EVENT_APPROVAL = 50  # the owner of this key consented: detail is the request
EVENT_WANTED = 53  # a session asked for consent: detail is the request
EVENT_LOWERED = 54  # an owner put a time right that was too far ahead
EVENT_PASSES = 51  # passes of an issuer were ended: detail is the new generation
EVENT_HUNG = 56  # the job of this link made no progress and was started again: detail says how often it failed so far
EVENT_CRASHES = 57  # this boot is one of several in a row: detail says how many did not last a minute
EVENT_CLEAR = 52  # a suspect or suspended key is active again
EVENT_UPDATE = 60  # one was received and judged; detail is the low half of its version, also below
EVENT_TRUST = 61  # another key for updates: detail is how its fingerprint begins
EVENT_CONFIRMED = 62  # an update proved itself
EVENT_FALLBACK = 63  # one was given up

# --- log: flags of an entry
LOG_TIME = 0x01  # `time` is trusted Unix time; otherwise seconds since the boot

GENERATION_LAST = 0xFFFFFFF0  # as often an issuer may end all passes

# --- car state in an answer (three bytes: doors, flags, introductions)
DOORS_UNKNOWN = 0
DOORS_LOCKED = 1
DOORS_UNLOCKED = 2
STATE_SUSPECT = 0x01  # this credential is suspect until an owner clears it
# 0x02 is retired: it told a repeated answer, which a status does now
STATE_RENEWED = 0x04  # the identity key is that of the epoch that the answer names
STATE_LENT = 0x08  # a pass secret is kept
STATE_TRIED = 0x10  # a copy of the hand-out was tried

# --- what the status light shows, the most pressing last
LIGHT_WELL = 1
LIGHT_BLANK = 2
LIGHT_TRIAL = 3  # an update is on trial
LIGHT_RADIO = 4
LIGHT_READER = 5
LIGHT_CRASHES = 6
LIGHT_FAULTY = 7

# --- credentials
KIND_PHONE = 1
KIND_CARD = 2
KIND_SERVICE = 3
KIND_PASS = 4  # made by an introduction, never by an enrolment
KIND_RECOVERY = 5
ROLE_OWNER = 1
ROLE_DRIVER = 2
ROLE_GUEST = 3
ROLE_VALET = 4
ROLE_SERVICE = 5
RIGHT_UNLOCK = 0x01
RIGHT_LOCK = 0x02
RIGHT_TRUNK = 0x04
RIGHT_DRIVE = 0x08
RIGHT_ENROL = 0x10
RIGHT_SERVICE = 0x20
RIGHT_PASSIVE = 0x40
RIGHT_PASS = 0x80
RIGHTS_KNOWN = 0xFF
CRED_ACTIVE = 1
CRED_SUSPECT = 2
CRED_SUSPENDED = 3
CRED_REVOKED = 4
CRED_ENDED = 5  # told in a list alone: a guest's key whose pass is over

# --- agent states
AGENT_BLANK = 1
AGENT_CLAIMED = 2
AGENT_FAULTY = 3

# --- serial frames
FRAME_MAX = 1024  # payload of one frame, without COBS and CRC
F_HELLO = 0x01
F_CLAIM = 0x02
F_OPEN = 0x03
F_RECORD = 0x04
F_CHALLENGE = 0x05  # for a recovery code by cable: answered with 16 bytes
F_TOKEN = 0x06  # its token, answered as over the air; no other token is taken here
F_RESET = 0x07  # a factory reset, while somebody holds the button; the answer comes when all is erased
F_ANSWER = 0x80  # set in what the agent sends
F_REFUSAL = 0xFF
RECORD_TAG = 8
RECORD_MAX = 900  # plain bytes of one request or answer

# --- requests inside a session
R_STATUS = 1
R_ENROL = 2
R_LIST = 3
R_REVOKE = 4
R_LOG = 5
R_CONFIG_GET = 6
R_CONFIG_SET = 7
R_REBOOT = 8
R_CLOSE = 9
R_CARD = 10  # one APDU for the card at the car's reader
R_TIME = 20
R_RENAME = 21
R_CLEAR = 22
R_RESET = 23  # a factory reset by who has the link key; the session ends with its answer
R_UPDATE_STATUS = 24
R_UPDATE_TRUST = 25
R_UPDATE_BEGIN = 26
R_UPDATE_BLOCK = 27
R_UPDATE_CRCS = 28
R_UPDATE_FINISH = 29
R_UPDATE_TRY = 30
R_UPDATE_ROLLBACK = 31
R_LOSSES = 40
R_ANSWER = 0x80

# --- what R_CARD says of the card at the reader
DESK_EMPTY = 0
DESK_READY = 1
DESK_WORK = 2  # the APDU is on its way
DESK_DONE = 3  # its response is here
DESK_LOST = 4  # the card left; whether it did what it was told is not known

# --- what R_LOSSES lists
LOST_KEY = 1  # a credential, by handle; its key can't open and can be revoked
LOST_VALUE = 2  # by identifier, below
LOST_LOG = 3  # entries, first and last sequence
LOST_NAMELESS = 4  # so many records that don't tell what they were

# --- values of the store, as R_LOSSES names them
VALUE_CLAIM = 1
VALUE_LINK = 2
VALUE_BOOTS = 3
VALUE_TIME = 4
VALUE_HANDLES = 5
VALUE_UPDATE = 6
VALUE_ASKED = 7
VALUE_STEADY = 8
VALUE_WIPE = 9
VALUE_CONFIG = 16  # and up, one for each setting
VALUE_PASSES = 64  # and up, one for each pass

# --- result codes of the technician's channel (never sent on BLE or NFC)
C_OK = 0
C_BAD_REQUEST = 1
C_UNKNOWN_REQUEST = 2
C_NOT_BLANK = 3
C_WINDOW_CLOSED = 4
C_NOT_CLAIMED = 5
C_REFUSED = 7  # authentication failed; says no more
C_NO_SUCH_KEY = 8
C_HANDLE_TAKEN = 9
C_FULL = 10
C_LAST_OWNER = 11
C_NO_SUCH_SETTING = 12
C_BAD_VALUE = 13
C_FAULT = 14
C_BAD_VERSION = 15
C_TIME_BACK = 24
C_TOO_FAR = 25
C_NEEDS_APPROVAL = 26
C_TOO_OFTEN = 27  # consent was asked for too often within ten minutes
C_NOT_THERE = 28  # no key of this handle stands at that epoch and mark
C_NO_READER = 30
C_KEY_REVOKED = 31
C_NO_BUTTON = 32
C_NO_TRUST = 40  # no key was set to check updates with
C_BAD_SIGNATURE = 41
C_BAD_HASH = 42
C_WRONG_BOARD = 43
C_OLD_VERSION = 44
C_BAD_IMAGE = 45  # a format, a size or a layout of the store that this agent can't take
C_NO_UPDATE = 46  # not now, or not on this board

# --- Bluetooth LE
UUID_SERVICE = "5f1d0001-8e0c-4a7e-9d43-6e696c617463"
UUID_CHALLENGE = "5f1d0002-8e0c-4a7e-9d43-6e696c617463"
UUID_TOKEN = "5f1d0003-8e0c-4a7e-9d43-6e696c617463"
UUID_ANSWER = "5f1d0004-8e0c-4a7e-9d43-6e696c617463"
UUID_INFO = "5f1d0005-8e0c-4a7e-9d43-6e696c617463"
COMPANY = 0xFFFF  # Bluetooth SIG: for use in tests and where no company is named

# --- NFC: proprietary AID (ISO/IEC 7816-4: F in the first digit), "Nightlatch" shortened, version 1
AID = b"\xf0NLATCH\x01"
INS_CHALLENGE = 0x10
INS_ANSWER = 0x12
CLA = 0x80
APDU_MAX = 261  # a short command
RESPONSE_MAX = 258
UID_MAX = 10
