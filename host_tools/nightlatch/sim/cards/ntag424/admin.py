# SPDX-License-Identifier: MIT
"""Keys, configuration and version of the virtual NTAG 424 DNA (NT4H2421Gx 10.5, 10.6)."""

from . import crypto as c
from .session import INTEGRITY, LENGTH, NO_SUCH_KEY, PARAMETER, Fault
from .state import KEYS, State

_SIZES = {0x00: 1, 0x04: 2, 0x05: 10, 0x0A: 5, 0x0B: 1}


def change_key(state: State, number: int, data: bytes) -> None:
    """ChangeKey: key 0 as it is, the others XORed with the old one and with a CRC of the new one."""
    if number >= KEYS:
        raise Fault(NO_SUCH_KEY)
    if len(data) != (17 if number == 0 else 21):
        raise Fault(LENGTH)
    key = data[:16]
    if number:
        key = bytes(a ^ b for a, b in zip(key, state.keys[number], strict=True))
        if c.crc32_nk(key) != data[17:]:
            raise Fault(INTEGRITY)
    state.keys[number] = key
    state.versions[number] = data[16]
    state.failed[number] = 0


def set_configuration(state: State, option: int, data: bytes) -> None:
    """SetConfiguration (table 50); bits of zero change nothing."""
    if option not in _SIZES:
        raise Fault(PARAMETER)
    if len(data) != _SIZES[option]:
        raise Fault(LENGTH)
    if option == 0x00:
        if data[0] & 0xFD:
            raise Fault(PARAMETER)
        state.random_id = state.random_id or bool(data[0] & 0x02)
    elif option == 0x04:
        if int.from_bytes(data, "little") & 0xFFFB:
            raise Fault(PARAMETER)
        state.chained_writes = state.chained_writes and not data[0] & 0x04
    elif option == 0x05:
        if data[4] & 0xFD:
            raise Fault(PARAMETER)
        if data[4] & 0x02:
            state.lrp = True
            for file in state.files.values():
                file.sdm = None
        state.caps = data[8:10]
    elif option == 0x0A:
        _failures(state, data)
    else:
        if data[0] & 0xFE:
            raise Fault(PARAMETER)
        state.strong = bool(data[0] & 1)


def _failures(state: State, data: bytes) -> None:
    limit, step = (int.from_bytes(data[at : at + 2], "little") for at in (1, 3))
    if data[0] & 0xFE or (data[0] & 1 and limit == 0):
        raise Fault(PARAMETER)
    state.fail_counting = bool(data[0] & 1)
    if state.fail_counting:
        state.fail_limit, state.fail_step = limit, step


def version_parts(state: State) -> list[bytes]:
    """The three frames of GetVersion; the UID is hidden from a card that shows random ones."""
    uid = bytes(7) if state.random_id else state.uid
    hardware = bytearray(state.hardware)
    if not state.strong:
        hardware[2] |= 0x80
    return [bytes(hardware), state.software, uid + state.production]
