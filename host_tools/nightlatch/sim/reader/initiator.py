# SPDX-License-Identifier: MIT
"""Commands of the virtual PN532 as an initiator, and what it says when asked to be a target (NXP UM0701-02, 7.3)."""

from nightlatch.sim.reader.chip import AUTO_RATS, FIFO_DATA, FOREVER, Chip, SyntaxFault, Target

_TIMEOUT = 0x01
_TARGET_STATE = 0x25  # "command invalid in the current DEP state": nobody initialised it as a target
_CONTEXT = 0x27
_GONE = 0x2B
_MORE = 0x40
_DATA_IN_MAX = 262
_CASCADE = b"\x88"
_ISO_DEP = 0x20
_SENS_REQ = 0x26
_MANY = 100


def _need(condition: bool) -> None:
    if not condition:
        raise SyntaxFault


async def in_list_passive_target(chip: Chip, data: bytes) -> bytes:
    """Looks for up to 2 targets, for ever with retries at FFh. Only type A is found: no other card is modelled."""
    _need(len(data) >= 2 and 1 <= data[0] <= 2 and data[1] <= 4)
    count, kind, wanted = data[0], data[1], data[2:]
    chip.set_field(True)
    while True:
        cards = [card for card in chip.field.cards if kind == 0 and wanted in (b"", _cascaded(card.uid))]
        patient = chip.activation_retries == FOREVER
        chip.field.looked(len(cards), _MANY if patient else 1)
        if cards or not patient:
            break
        await chip.wait_for_change()
    chip.registers[FIFO_DATA] = 0 if cards else _SENS_REQ
    found = chip.activate(cards[:count])
    return bytes([len(found)]) + b"".join(_listed(chip, target) for target in found)


def _cascaded(uid: bytes) -> bytes:
    if len(uid) == 4:
        return uid
    if len(uid) == 7:
        return _CASCADE + uid
    return _CASCADE + uid[:3] + _CASCADE + uid[3:]


def _listed(chip: Chip, target: Target) -> bytes:
    card = target.card
    entry = (
        bytes([target.number])
        + card.sens_res.to_bytes(2, "big")
        + bytes([card.sak, len(card.uid)])
        + card.uid
    )
    return entry + card.ats if card.sak & _ISO_DEP and chip.parameters & AUTO_RATS else entry


async def in_data_exchange(chip: Chip, data: bytes) -> bytes:
    """Carries an APDU, chained in both directions by the MI bit. A card without ISO-DEP does not answer one."""
    _need(len(data) >= 1)
    target = chip.targets.get(data[0] & 0x3F)
    if target is None:
        return chip.status(_CONTEXT)
    payload = data[1:]
    if target.rest and not payload:
        return _data_in(chip, target)
    target.partial += payload
    if data[0] & _MORE:
        return chip.status(0)
    apdu, target.partial, target.rest = target.partial, b"", b""
    if not target.card.sak & _ISO_DEP:
        return chip.status(_TIMEOUT)
    response = await chip.field.transceive(target.card, apdu)
    if response is None:
        return chip.status(_TIMEOUT)
    target.rest = response
    return _data_in(chip, target)


def _data_in(chip: Chip, target: Target) -> bytes:
    part, target.rest = target.rest[:_DATA_IN_MAX], target.rest[_DATA_IN_MAX:]
    return chip.status(_MORE if target.rest else 0, part)


async def in_communicate_thru(chip: Chip, data: bytes) -> bytes:
    """Carries a raw frame to the only target: the host runs ISO-DEP itself."""
    target = chip.targets.get(1)
    if target is None or not chip.field.power or target.card not in chip.field.cards:
        return chip.status(_TIMEOUT)
    answer = await target.picc.exchange(data)
    return chip.status(_TIMEOUT) if answer is None else chip.status(0, answer)


async def in_select(chip: Chip, data: bytes) -> bytes:
    """Selects one target, deselecting the other, which starts anew when it is next selected."""
    _need(len(data) == 1)
    target = chip.targets.get(data[0])
    if target is None:
        return chip.status(_CONTEXT)
    if target.card not in chip.field.cards:
        return chip.status(_GONE)
    for other in chip.targets.values():
        if other is not target:
            other.card.reset()
    return chip.status(0)


async def in_deselect(chip: Chip, data: bytes) -> bytes:
    """Deselects one target or (0) all; they keep their numbers."""
    return _let_go(chip, data, forget=False)


async def in_release(chip: Chip, data: bytes) -> bytes:
    """Releases one target or (0) all; their numbers are gone."""
    return _let_go(chip, data, forget=True)


def _let_go(chip: Chip, data: bytes, forget: bool) -> bytes:
    _need(len(data) == 1)
    if data[0] and data[0] not in chip.targets:
        return chip.status(_CONTEXT)
    chosen: list[Target] = list(chip.targets.values()) if data[0] == 0 else [chip.targets[data[0]]]
    for target in chosen:
        target.card.reset()
        if forget:
            del chip.targets[target.number]
    return chip.status(0)


async def in_psl(chip: Chip, data: bytes) -> bytes:
    """Bit rates of a target: any are fine here."""
    _need(len(data) == 3 and data[1] <= 2 and data[2] <= 2)
    return chip.status(0 if data[0] in chip.targets else _CONTEXT)


async def in_atr(chip: Chip, data: bytes) -> bytes:
    """No card here speaks NFCIP-1."""
    _need(len(data) >= 2)
    return chip.status(_TIMEOUT if data[0] in chip.targets else _CONTEXT)


async def in_jump(chip: Chip, data: bytes) -> bytes:
    """InJumpForDEP and InJumpForPSL: nobody here answers as an NFCIP-1 target."""
    _need(len(data) >= 3 and data[0] <= 1 and data[1] <= 2)
    return chip.status(_TIMEOUT)


async def tg_init_as_target(chip: Chip, data: bytes) -> bytes:
    """No other reader is near: waits until the host aborts."""
    _need(len(data) >= 36)
    chip.set_field(False)
    return await chip.hang()


async def tg_anything(chip: Chip, data: bytes) -> bytes:
    """Every further command of a target, which this chip never becomes."""
    return chip.status(_TARGET_STATE)


async def tg_get_target_status(chip: Chip, data: bytes) -> bytes:
    """Idle."""
    return b"\x00\x00"


COMMANDS = {
    0x40: in_data_exchange,
    0x42: in_communicate_thru,
    0x44: in_deselect,
    0x46: in_jump,
    0x4A: in_list_passive_target,
    0x4E: in_psl,
    0x50: in_atr,
    0x52: in_release,
    0x54: in_select,
    0x56: in_jump,
    0x86: tg_anything,
    0x88: tg_anything,
    0x8A: tg_get_target_status,
    0x8C: tg_init_as_target,
    0x8E: tg_anything,
    0x90: tg_anything,
    0x92: tg_anything,
    0x94: tg_anything,
}
