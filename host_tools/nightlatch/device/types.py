# SPDX-License-Identifier: MIT
"""What a device tells, as values; and the words for its numbers."""

from dataclasses import dataclass

from ..wire import numbers as n

STATES = {n.AGENT_BLANK: "blank", n.AGENT_CLAIMED: "claimed", n.AGENT_FAULTY: "faulty"}
KINDS = {n.KIND_PHONE: "phone", n.KIND_CARD: "card", n.KIND_SERVICE: "service"}
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
}
LINKS = {n.LINK_SERIAL: "serial", n.LINK_BLE: "ble", n.LINK_NFC: "nfc", n.LINK_INTERNAL: "agent"}
DOORS = {n.DOORS_UNKNOWN: "unknown", n.DOORS_LOCKED: "locked", n.DOORS_UNLOCKED: "unlocked"}
ACTIONS = {
    n.UNLOCK: "unlock",
    n.LOCK: "lock",
    n.TRUNK: "trunk",
    n.DRIVE: "drive",
    n.STATUS: "status",
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
    """A claimed device at this moment. Times in seconds, heap in bytes, store in KiB; the rest are wire numbers."""

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
class LogEntry:
    """One entry of the car's log with the bytes that its chain value covers. `time` is seconds since the boot."""

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
