# SPDX-License-Identifier: MIT
"""Commands of the virtual PN532 that don't touch a target (NXP UM0701-02, 7.2 and 7.3.1)."""

from nightlatch.sim.reader.chip import BAUD, FIFO_DATA, TX_CONTROL, Chip, SyntaxFault

_RF_ITEMS = {0x01: 1, 0x02: 3, 0x04: 1, 0x05: 3, 0x0A: 11, 0x0B: 8, 0x0C: 3, 0x0D: 9}
_RF_FIELD = 0x01
_RETRIES = 0x05


def _need(condition: bool) -> None:
    if not condition:
        raise SyntaxFault


async def diagnose(chip: Chip, data: bytes) -> bytes:
    """Diagnose: line test echoes, ROM, RAM and antenna tests pass, the card test says whether one is there."""
    _need(len(data) >= 1)
    if data[0] == 0x00:
        return data
    if data[0] == 0x05:
        return await chip.hang()
    if data[0] == 0x06:
        present = [target for target in chip.targets.values() if target.card in chip.field.cards]
        return chip.status(0x00 if present else 0x01)
    _need(data[0] in (0x01, 0x02, 0x04, 0x07))
    return b"\x00"


async def get_firmware_version(chip: Chip, data: bytes) -> bytes:
    """IC 32h, version 1, revision 6, ISO 14443 A, B and 18092."""
    _need(not data)
    return bytes.fromhex("32010607")


async def get_general_status(chip: Chip, data: bytes) -> bytes:
    """Last error, external field, targets (number, both bit rates, type), SAM."""
    _need(not data)
    listed = b"".join(bytes([number, 0, 0, 0]) for number in chip.targets)
    return bytes([chip.last_error, 0, len(chip.targets)]) + listed + b"\x00"


async def read_register(chip: Chip, data: bytes) -> bytes:
    """One byte for each address; registers that nobody wrote read 0."""
    _need(len(data) >= 2 and len(data) % 2 == 0)
    values = []
    for at in range(0, len(data), 2):
        address = int.from_bytes(data[at : at + 2], "big")
        value = chip.registers.get(address, 0)
        if address == TX_CONTROL:
            value = value & ~3 | (3 if chip.field.power else 0)
        values.append(value)
    return bytes(values)


async def write_register(chip: Chip, data: bytes) -> bytes:
    """Triples of address and value."""
    _need(len(data) >= 3 and len(data) % 3 == 0)
    for at in range(0, len(data), 3):
        address = int.from_bytes(data[at : at + 2], "big")
        if address != FIFO_DATA:
            chip.registers[address] = data[at + 2]
    return b""


async def read_gpio(chip: Chip, data: bytes) -> bytes:
    """P3, P7 and the interface pins (HSU: both low)."""
    _need(not data)
    return bytes(chip.gpio) + b"\x00"


async def write_gpio(chip: Chip, data: bytes) -> bytes:
    """P3 and P7, each changed only when bit 7 says so."""
    _need(len(data) == 2)
    for port, value in enumerate(data):
        if value & 0x80:
            chip.gpio[port] = value & 0x7F
    return b""


async def set_serial_baud_rate(chip: Chip, data: bytes) -> bytes:
    """Takes effect when the host has acknowledged the answer."""
    _need(len(data) == 1 and data[0] < len(BAUD))
    chip.next_baud = BAUD[data[0]]
    return b""


async def set_parameters(chip: Chip, data: bytes) -> bytes:
    """Flags: NAD, DID, automatic ATR_RES and RATS, PICC, no preamble."""
    _need(len(data) == 1)
    chip.parameters = data[0]
    return b""


async def sam_configuration(chip: Chip, data: bytes) -> bytes:
    """Mode, time-out, IRQ; the last two may be left out."""
    _need(1 <= len(data) <= 3 and 1 <= data[0] <= 4)
    chip.sam = data
    return b""


async def power_down(chip: Chip, data: bytes) -> bytes:
    """Answers, then sleeps until the line wakes it."""
    _need(1 <= len(data) <= 2)
    chip.set_field(False)
    chip.asleep = True
    return chip.status(0)


async def rf_configuration(chip: Chip, data: bytes) -> bytes:
    """One item; the field and the retries have an effect here, the analogue settings are kept."""
    _need(len(data) >= 1 and _RF_ITEMS.get(data[0]) == len(data) - 1)
    item, value = data[0], data[1:]
    chip.settings[item] = value
    if item == _RF_FIELD:
        chip.set_field(bool(value[0] & 1))
    if item == _RETRIES:
        chip.activation_retries = value[2]
    return b""


COMMANDS = {
    0x00: diagnose,
    0x02: get_firmware_version,
    0x04: get_general_status,
    0x06: read_register,
    0x08: write_register,
    0x0C: read_gpio,
    0x0E: write_gpio,
    0x10: set_serial_baud_rate,
    0x12: set_parameters,
    0x14: sam_configuration,
    0x16: power_down,
    0x32: rf_configuration,
}
