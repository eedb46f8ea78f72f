// SPDX-License-Identifier: MIT
// node quick_check.mjs ROUNDS: each 16 bits as an instruction, in so many random states, once by rp2040js and once by
// quick.mjs: registers, flags, cycles and memory are the same after it. Prints what differs, and how many were tried.
import { RP2040 } from '../../../boards/RPI_PICO/emulator/rp2040js.mjs';
import { quick, whole } from '../../../boards/RPI_PICO/emulator/quick.mjs';

const RAM = 0x20000000, WINDOW = 0x1000, CODE = RAM + 0x2000, TOP = RAM + 0x41ff0;
console.warn = console.error = () => {}; // of what is no address
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const chips = [whole, quick].map((run) => {
  const mcu = new RP2040();
  mcu.logger = quiet;
  mcu.onBreak = () => {};
  return { mcu, core: mcu.core, run };
});

let state = 1;
const draw = (sides) => {
  state = Math.imul(state, 1664525) + 1013904223 >>> 0;
  return Math.floor(state / 0x100000000 * sides);
};
const words = [
  () => draw(70), () => draw(0x100000000), () => RAM + 0x400 + draw(0x800), () => RAM + 0x400 + (draw(0x200) << 2),
  () => -draw(70) >>> 0, () => 0x80000000 - draw(2), () => 0x10000000 + draw(0x1000), () => TOP + draw(32), () => 0,
];
const word = () => words[draw(words.length)]();
const seen = ({ core }) => [...core.registers, core.N, core.Z, core.C, core.V, core.cycles, core.waiting, core.PM].join();

let tried = 0, differ = 0;
for (let round = 0; round < Number(process.argv[2]); round++) {
  for (const { mcu } of chips) for (let i = 0; i < WINDOW; i++) mcu.sram[i] = (i * 7 + round) & 255;
  for (let code = 0; code < 0x10000; code++) {
    const registers = Array.from({ length: 15 }, word), flags = draw(16), second = draw(0x10000);
    registers[13] = (RAM + 0x800 + draw(0x100)) & ~3;
    const said = chips.map((one) => {
      const { mcu, core, run } = one;
      mcu.sramView.setUint16(CODE - RAM, code, true);
      mcu.sramView.setUint16(CODE - RAM + 2, second, true);
      core.registers.set(registers);
      core.registers[15] = CODE;
      [core.N, core.Z, core.C, core.V] = [1, 2, 4, 8].map((bit) => Boolean(flags & bit));
      core.PM = core.waiting = core.interruptsUpdated = core.pendingSVCall = false;
      core.cycles = 0;
      return `${run.call(core)} ${seen(one)}`;
    });
    const same = !Buffer.compare(chips[0].mcu.sram.subarray(0, WINDOW), chips[1].mcu.sram.subarray(0, WINDOW));
    tried++;
    if (said[0] !== said[1] || !same) {
      if (++differ < 5) console.log('differs', code.toString(16), registers.map((one) => one.toString(16)).join(), ...said, same);
    }
  }
}
console.log('tried', tried, 'differ', differ);
