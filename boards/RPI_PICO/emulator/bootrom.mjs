// SPDX-License-Identifier: MIT
// The chip's boot ROM (RP2040 data sheet, 2.8.3), which no package brings: the functions that the SDK looks up in it.
// Each is two instructions, BKPT #n and BX LR; at the breakpoint, function n runs here, on the emulated registers.
import { floats } from './romfloat.mjs';

const RAM = 0x20000000, RAM_SIZE = 0x42000;
const FLASH = 0x10000000, FLASH_SIZE = 0x1000000;
const SECTOR = 4096, PAGE = 256;
// Winbond W25Q16JV data sheet, typical: a sector is erased in 45 ms, a page programmed in 0.4 ms
const ERASE_S = 45e-3, PROGRAM_S = 0.4e-3;

const code = (letters) => letters.charCodeAt(0) | (letters.charCodeAt(1) << 8);

// flashed(offset, size) is called after each change of the flash. Returns a function: cycles spent since the last call.
export function install(mcu, flashed) {
  const rom = new Uint8Array(mcu.bootrom.byteLength), view = new DataView(rom.buffer);
  const { core } = mcu, R = core.registers;
  const handlers = [];
  let at = 0x100, spent = 0;
  const cost = (cycles) => { spent += cycles; };

  const stub = (run) => {
    const address = at;
    view.setUint16(at, 0xbe00 | handlers.push(run) - 1, true);
    view.setUint16(at + 2, 0x4770, true);
    at += 4;
    return address | 1;
  };
  const window = (address, size) => {
    address >>>= 0;
    if (address >= RAM && address + size <= RAM + RAM_SIZE) return mcu.sram.subarray(address - RAM, address - RAM + size);
    if (address >= FLASH && address + size <= FLASH + FLASH_SIZE) return mcu.flash.subarray(address - FLASH, address - FLASH + size);
    return null; // the ROM itself, or a peripheral's memory
  };
  const copy = () => {
    const [to, from, size] = R, target = window(to, size), source = window(from, size);
    if (target && source) target.set(source);
    else for (let i = 0; i < size; i++) mcu.writeUint8((to + i) >>> 0, mcu.readUint8((from + i) >>> 0));
    cost(12 + (size >> 1));
  };
  const fill = () => {
    const [to, byte, size] = R, target = window(to, size);
    if (target) target.fill(byte & 255);
    else for (let i = 0; i < size; i++) mcu.writeUint8((to + i) >>> 0, byte & 255);
    cost(12 + (size >> 2));
  };

  const functions = {
    P3: () => { let x = R[0], n = 0; for (; x; x &= x - 1) n++; R[0] = n; cost(18); },
    R3: () => { let y = 0; for (let i = 0; i < 32; i++) y = (y << 1) | ((R[0] >>> i) & 1); R[0] = y; cost(20); },
    L3: () => { R[0] = Math.clz32(R[0]); cost(20); },
    T3: () => { R[0] = R[0] ? 31 - Math.clz32(R[0] & -R[0]) : 32; cost(20); },
    MC: copy, C4: copy, MS: fill, S4: fill,
    // connect the flash, leave and enter execution in place, flush its cache: nothing to do here
    IF: () => {}, EX: () => {}, FC: () => {}, CX: () => {},
    RE: () => {
      mcu.flash.fill(0xff, R[0], R[0] + R[1]);
      flashed(R[0], R[1]);
      cost(Math.ceil(R[1] / SECTOR) * ERASE_S * mcu.clkSys);
    },
    RP: () => {
      const [offset, from, size] = R, data = window(from, size);
      for (let i = 0; i < size; i++) mcu.flash[offset + i] &= data[i];
      flashed(offset, size);
      cost(Math.ceil(size / PAGE) * PROGRAM_S * mcu.clkSys);
    },
    UB: () => { throw new Error('the image went into the USB boot loader'); },
    WV: () => { core.waiting = true; core.PC -= 2; },
  };

  const table = (entries) => {
    const start = at;
    for (const [letters, address] of Object.entries(entries)) {
      view.setUint16(at, code(letters), true);
      view.setUint16(at + 2, address, true);
      at += 4;
    }
    at += 4;
    return start;
  };
  const lookup = stub(() => {
    const wanted = R[1] & 0xffff;
    let entry = R[0];
    while (view.getUint16(entry, true) && view.getUint16(entry, true) !== wanted) entry += 4;
    R[0] = view.getUint16(entry, true) && view.getUint16(entry + 2, true);
  });
  const addresses = Object.fromEntries(Object.entries(functions).map(([name, run]) => [name, stub(run)]));
  const pointers = floats(core, cost).map(stub);
  const array = (fill) => { // of pointers, with their count before it
    at = (at + 7) & ~3;
    view.setUint16(at - 2, pointers.length, true);
    const start = at;
    for (const pointer of pointers) { view.setUint32(at, fill ?? pointer, true); at += 4; }
    at += 4;
    return start;
  };
  const single = array(), double = array(pointers[4]); // in doubles nothing is asked of the ROM: entry 4 says so
  const functionTable = table(addresses), dataTable = table({ SF: single, SD: double });
  rom.set([0x4d, 0x75, 0x01, 0x03], 0x10); // magic and version
  view.setUint16(0x14, functionTable, true);
  view.setUint16(0x16, dataTable, true);
  view.setUint16(0x18, lookup, true);
  mcu.bootrom.set(new Uint32Array(rom.buffer));

  mcu.onBreak = (n) => {
    if (core.PC >= rom.length || !handlers[n]) {
      throw new Error(`breakpoint ${n} at ${core.PC.toString(16)}, called from ${core.LR.toString(16)}: the image gave up`);
    }
    handlers[n]();
  };
  return () => { const cycles = spent; spent = 0; return cycles; };
}
