# SPDX-License-Identifier: MIT
"""What a device tells, as values; and the words for its numbers."""

from dataclasses import dataclass

from ..wire import numbers as n

STATES = {n.AGENT_BLANK: "blank", n.AGENT_CLAIMED: "claimed", n.AGENT_FAULTY: "faulty"}
KINDS = {
    n.KIND_PHONE: "phone",
    n.KIND_CARD: "card",
    n.KIND_SERVICE: "service",
    n.KIND_PASS: "pass",
    n.KIND_RECOVERY: "recovery",
}
ROLES = {
    n.ROLE_OWNER: "owner",
    n.ROLE_DRIVER: "driver",
    n.ROLE_GUEST: "guest",
    n.ROLE_VALET: "valet",
    n.ROLE_SERVICE: "service",
}
KEY_STATES = {
    n.CRED_ACTIVE: "active",
    n.CRED_SUSPECT: "suspect",
    n.CRED_SUSPENDED: "suspended",
    n.CRED_REVOKED: "revoked",
    n.CRED_ENDED: "ended",
}
LINKS = {n.LINK_SERIAL: "serial", n.LINK_BLE: "ble", n.LINK_NFC: "nfc", n.LINK_INTERNAL: "agent"}
DOORS = {n.DOORS_UNKNOWN: "unknown", n.DOORS_LOCKED: "locked", n.DOORS_UNLOCKED: "unlocked"}
ACTIONS = {
    n.UNLOCK: "unlock",
    n.LOCK: "lock",
    n.TRUNK: "trunk",
    n.DRIVE: "drive",
    n.STATUS: "status",
    n.INTRODUCE: "introduce a pass",
    n.REVOKE: "revoke a key",
    n.LIST: "list keys",
    n.APPROVE: "approve a request",
    n.WANTED: "what is asked for",
    n.SET_TIME: "set the time",
    n.RENAME: "rename a key",
    n.RECOVER: "recovery code",
    n.CLEAR: "clear a key",
    n.REPORT: "ask why",
    n.EVENT_BOOT: "boot",
    n.EVENT_CLAIM: "claim",
    n.EVENT_ENROL: "enrol",
    n.EVENT_REVOKE: "revoke",
    n.EVENT_CONFIG: "config",
    n.EVENT_SESSION: "session",
    n.EVENT_REBOOT: "reboot",
    n.EVENT_LOST: "entries lost",
    n.EVENT_FAULT: "fault",
    n.EVENT_READER: "card reader",
    n.EVENT_TIME: "time",
    n.EVENT_RENAME: "rename",
    n.EVENT_WANTED: "consent wanted",
    n.EVENT_APPROVAL: "approved",
    n.EVENT_LOWERED: "time put right",
    n.EVENT_PASSES: "passes ended",
    n.EVENT_CLEAR: "cleared",
    n.EVENT_HUNG: "hung, restarted",
    n.EVENT_CRASHES: "keeps restarting",
    n.EVENT_UPDATE: "update checked",
    n.EVENT_TRUST: "key for updates",
    n.EVENT_CONFIRMED: "update works",
    n.EVENT_FALLBACK: "update given up",
}
VERDICTS = {
    n.OK: "ok",
    n.UNKNOWN: "unknown key",
    n.BAD_TAG: "does not verify",
    n.STALE: "stale",
    n.REVOKED: "revoked",
    n.SUSPENDED: "suspended",
    n.EXPIRED: "expired",
    n.NO_RIGHT: "no right",
    n.EXHAUSTED: "used up",
    n.PASSIVE_OFF: "passive entry is off",
    n.MALFORMED: "malformed",
    n.NO_CHALLENGE: "too late",
    n.BAD_VERSION: "other version",
    n.UNKNOWN_ACTION: "no such action",
    n.NOT_READY: "not ready",
    n.INTERLOCK: "interlock",
    n.FAULT: "fault",
    n.SUSPECT: "second copy seen",
    n.RECOVERED: "ok, car had lost writes",
    n.NO_TIME: "not sure of the time",
    n.NOT_YET: "not yet",
    n.HOURS: "outside its hours",
    n.USED_UP: "no use left",
    n.NO_KEY: "no such key",
    n.LAST_OWNER: "last owner",
    n.TIME_BACK: "time would go back",
    n.TOO_FAR: "time too far ahead",
    n.BAD_PASS: "not to be had from its issuer",
    n.FULL: "full",
}
LIGHTS = {
    n.LIGHT_WELL: "a short flash every 5 s: all is well",
    n.LIGHT_BLANK: "slow, even: not claimed yet",
    n.LIGHT_TRIAL: "quick, even: an update is on trial",
    n.LIGHT_READER: "two flashes: the NFC reader is gone",
    n.LIGHT_RADIO: "three flashes: the radio is gone",
    n.LIGHT_CRASHES: "four flashes: the agent keeps restarting",
    n.LIGHT_FAULTY: "flicker: its store is faulty, nothing opens",
}
RIGHTS_OF_ROLE = {
    n.ROLE_OWNER: n.RIGHTS_KNOWN & ~(n.RIGHT_SERVICE | n.RIGHT_PASSIVE),
    n.ROLE_DRIVER: n.RIGHT_UNLOCK | n.RIGHT_LOCK | n.RIGHT_TRUNK | n.RIGHT_DRIVE,
    n.ROLE_GUEST: n.RIGHT_UNLOCK | n.RIGHT_LOCK,
    n.ROLE_VALET: n.RIGHT_UNLOCK | n.RIGHT_LOCK | n.RIGHT_DRIVE,
    n.ROLE_SERVICE: n.RIGHT_UNLOCK | n.RIGHT_LOCK | n.RIGHT_SERVICE,
}


@dataclass(frozen=True)
class Hello:
    """What a device says to a stranger. `state` is a wire number."""

    version: int
    state: int
    board: str
    firmware: str
    serial: str


@dataclass(frozen=True)
class Status:
    """A claimed device at this moment. Times in seconds, heap in bytes, store in KiB; the rest are wire numbers.

    `damage`: what session.losses() has more of; `retired`: sectors of the flash that are worn out and rest;
    `reader_faults`: how often the NFC reader had to be reset since the start; `restarts`: how often a job of the agent
    was; `crashes`: starts before this one, in a row, that did not last a minute; `light`: LIGHT_…, what the LED shows.
    `capacity`: how many keys, cards, passes and recovery codes fit between two resets; `next_handle`: how many were
    given, revoked ones included.
    """

    uptime: int
    boots: int
    next_handle: int
    capacity: int
    log_first: int
    log_next: int
    doors: int
    reader: int
    radio: int
    free_heap: int
    store_free: int
    damage: int
    frames_bad: int
    retired: int
    reader_faults: int
    restarts: int
    crashes: int
    light: int

    @property
    def left(self) -> int:
        """How many more keys, cards, passes and recovery codes fit."""
        return max(0, self.capacity - self.next_handle)

    def keys(self) -> dict[str, int]:
        """The same for programs: how many fit, how many of these were given, how many are left."""
        return {"fit": self.capacity, "given": self.next_handle, "left": self.left}


@dataclass(frozen=True)
class KeyInfo:
    """A credential as the car holds it. All numbers are wire numbers; `epoch` is the one it expects next."""

    handle: int
    kind: int
    role: int
    rights: int
    state: int
    epoch: int
    label: str


@dataclass(frozen=True)
class CarTime:
    """What time a car takes it to be, in Unix seconds (0: it knows none), and below what it never falls.

    `trusted`: somebody set it since the car had power; otherwise `now` is what it is at least. uptime in seconds.
    """

    now: int
    floor: int
    trusted: bool
    uptime: int


@dataclass(frozen=True)
class LogEntry:
    """One entry of the car's log with the bytes that its chain value covers.

    `time` is Unix seconds where the flag LOG_TIME is set, otherwise seconds since the boot.
    """

    seq: int
    time: int
    link: int
    action: int
    handle: int
    verdict: int
    flags: int
    detail: int
    raw: bytes
    chain: bytes
