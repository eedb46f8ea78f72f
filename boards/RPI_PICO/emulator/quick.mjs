// SPDX-License-Identifier: MIT
// The most frequent instructions of a Cortex-M0+, found at once: rp2040js compares with all of them in the order of the
// alphabet, loads and stores last. Each does here what it does there, line by line; whatever is not here goes there.
import { CortexM0Core } from './rp2040js.mjs';

const FLASH = 0x10000000, RAM = 0x20000000, PERIPHERALS = 0x40000000;
const PC = 15, LR = 14, SP = 13;
export const whole = CortexM0Core.prototype.executeInstruction;

function load(chip, address) {
  const ram = address - RAM;
  return ram >= 0 && ram + 3 < chip.sram.length ? chip.sramView.getUint32(ram, true) : chip.readUint32(address);
}

function store(chip, address, value) {
  const ram = address - RAM;
  if (ram >= 0 && ram + 3 < chip.sram.length) chip.sramView.setUint32(ram, value, true);
  else chip.writeUint32(address, value);
}

// One instruction of the core; the cycles that it took.
export function quick() {
  if (this.interruptsUpdated) return whole.call(this);
  const R = this.registers, chip = this.rp2040, at = R[PC] & ~1;
  const code = at - FLASH >>> 0 < chip.flash.length - 1 ? chip.flashView.getUint16(at - FLASH, true) : chip.readUint16(at);
  const low = code & 7, mid = code >> 3 & 7, high = code >> 6 & 7, wide = code >> 8 & 7, byte = code & 255;
  const imm5 = code >> 6 & 31;
  let address, cycles = 1;
  switch (code >> 11) {
    case 0b00000: { // LSLS (immediate)
      const input = R[mid], result = input << imm5;
      R[low] = result;
      if (imm5) this.C = !!(input & 1 << 32 - imm5);
      this.N = result < 0; this.Z = result === 0;
      break;
    }
    case 0b00001: { // LSRS (immediate)
      const input = R[mid], result = imm5 ? input >>> imm5 : 0;
      R[low] = result;
      this.N = false; this.Z = result === 0; this.C = !!(input >>> (imm5 ? imm5 - 1 : 31) & 1);
      break;
    }
    case 0b00011: // ADDS, SUBS of registers and of three bits
      switch (code >> 9 & 3) {
        case 0: R[low] = this.addUpdateFlags(R[mid], R[high]); break;
        case 1: R[low] = this.substractUpdateFlags(R[mid], R[high]); break;
        case 2: R[low] = this.addUpdateFlags(R[mid], high); break;
        default: R[low] = this.substractUpdateFlags(R[mid], high);
      }
      break;
    case 0b00100: R[wide] = byte; this.N = false; this.Z = byte === 0; break; // MOVS
    case 0b00101: this.substractUpdateFlags(R[wide], byte); break; // CMP (immediate)
    case 0b00110: R[wide] = this.addUpdateFlags(R[wide], byte); break; // ADDS
    case 0b00111: R[wide] = this.substractUpdateFlags(R[wide], byte); break; // SUBS
    case 0b01000: // of these only CMP, TST, ANDS, ORRS; MOV not to PC or SP
      switch (code >> 6 & 31) {
        case 0b00000: { const result = R[low] &= R[mid]; this.N = !!(result & 0x80000000); this.Z = result === 0; break; }
        case 0b01000: { const result = R[low] & R[mid]; this.N = result < 0; this.Z = result === 0; break; }
        case 0b01010: this.substractUpdateFlags(R[low], R[mid]); break;
        case 0b01100: { const result = R[low] | R[mid]; R[low] = result; this.N = result < 0; this.Z = result === 0; break; }
        case 0b11000: case 0b11001: R[low] = R[code >> 3 & 15]; if ((code >> 3 & 15) === PC) R[low] = at + 4; break;
        default: return whole.call(this);
      }
      break;
    case 0b01001: R[wide] = load(chip, (at + 4 & ~3) + (byte << 2)); cycles = 2; break; // LDR (literal)
    case 0b01010: // STR, STRB by a register
      address = R[mid] + R[high];
      if (address < RAM || address - RAM >= chip.sram.length - 3) return whole.call(this);
      switch (code >> 9 & 3) {
        case 0: chip.sramView.setUint32(address - RAM, R[low], true); break;
        case 2: chip.sram[address - RAM] = R[low]; break;
        default: return whole.call(this);
      }
      cycles = 2;
      break;
    case 0b01011: // LDR, LDRH, LDRB by a register
      address = R[mid] + R[high];
      if (address >= PERIPHERALS) return whole.call(this);
      switch (code >> 9 & 3) {
        case 0: R[low] = load(chip, address); break;
        case 1: R[low] = chip.readUint16(address); break;
        case 2: R[low] = chip.readUint8(address); break;
        default: return whole.call(this);
      }
      cycles = 2;
      break;
    case 0b01100: // STR
      address = R[mid] + (imm5 << 2);
      if (address >= PERIPHERALS) return whole.call(this);
      store(chip, address, R[low]); cycles = 2;
      break;
    case 0b01101: // LDR
      address = R[mid] + (imm5 << 2);
      if (address >= PERIPHERALS) return whole.call(this);
      R[low] = load(chip, address); cycles = 2;
      break;
    case 0b01110: // STRB
      address = R[mid] + imm5;
      if (address < RAM || address - RAM >= chip.sram.length) return whole.call(this);
      chip.sram[address - RAM] = R[low]; cycles = 2;
      break;
    case 0b01111: // LDRB
      address = R[mid] + imm5;
      if (address >= PERIPHERALS) return whole.call(this);
      R[low] = chip.readUint8(address); cycles = 2;
      break;
    case 0b10001: // LDRH
      address = R[mid] + (imm5 << 1);
      if (address >= PERIPHERALS) return whole.call(this);
      R[low] = chip.readUint16(address); cycles = 2;
      break;
    case 0b10010: // STR to the stack
      address = R[SP] + (byte << 2);
      if (address >= PERIPHERALS) return whole.call(this);
      store(chip, address, R[wide]); cycles = 2;
      break;
    case 0b10011: // LDR from the stack
      address = R[SP] + (byte << 2);
      if (address >= PERIPHERALS) return whole.call(this);
      R[wide] = load(chip, address); cycles = 2;
      break;
    case 0b10101: R[wide] = R[SP] + (byte << 2); break; // ADD of SP
    case 0b10110: // ADD to SP, SUB from it, PUSH, UXTB
      if ((code & 0x0600) === 0x0400) {
        const back = code >> 8 & 1;
        let many = back;
        for (let bits = byte; bits; bits &= bits - 1) many++;
        address = R[SP] - 4 * many;
        R[SP] = address;
        cycles = 1 + many - back;
        for (let i = 0; i < 8; i++) if (byte & 1 << i) { store(chip, address, R[i]); address += 4; }
        if (back) store(chip, address, R[LR]);
      } else if (code >> 8 === 0xb0) R[SP] += (code & 0x80 ? -4 : 4) * (code & 0x7f);
      else if (code >> 6 === 0b1011001011) R[low] = R[mid] & 0xff;
      else return whole.call(this);
      break;
    case 0b10111: // POP
      if ((code & 0x0600) !== 0x0400) return whole.call(this);
      address = R[SP];
      for (let i = 0; i < 8; i++) if (byte & 1 << i) { R[i] = load(chip, address); address += 4; cycles++; }
      R[PC] = at + 2;
      R[SP] = address;
      if (code & 0x100) {
        R[SP] = address + 4;
        this.BXWritePC(load(chip, address));
        cycles += 2;
      }
      this.cycles += cycles;
      return cycles;
    case 0b11010: case 0b11011: { // B on a condition
      const condition = code >> 8 & 15;
      if (condition > 13) return whole.call(this);
      R[PC] = at + 2;
      if (this.checkCondition(condition)) { R[PC] = at + 4 + (code << 24 >> 23); cycles = 2; }
      this.cycles += cycles;
      return cycles;
    }
    case 0b11100: // B
      R[PC] = at + 4 + (code << 21 >> 20);
      this.cycles += 2;
      return 2;
    case 0b11110: { // BL
      const next = chip.readUint16(at + 2);
      if ((next & 0xd000) !== 0xd000) return whole.call(this);
      const sign = code << 21 >> 31, i1 = ~(sign ^ next >> 13) & 1, i2 = ~(sign ^ next >> 11) & 1;
      R[LR] = at + 4 | 1;
      R[PC] = at + 4 + (sign << 24 | i1 << 23 | i2 << 22 | (code & 0x3ff) << 12 | (next & 0x7ff) << 1);
      this.cycles += 3;
      return 3;
    }
    default: return whole.call(this);
  }
  R[PC] = at + 2;
  this.cycles += cycles;
  return cycles;
}

CortexM0Core.prototype.executeInstruction = quick;
