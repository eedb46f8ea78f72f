// SPDX-License-Identifier: MIT
// A Pico: the chip with what rp2040js leaves to others or gets wrong, its flash in a file, its USB port as a stream.
import { randomFillSync } from 'node:crypto';
import fs from 'node:fs';
import { ConsoleLogger, GPIOPinState, LogLevel, RP2040, USBCDC } from './rp2040js.mjs';
import { install } from './bootrom.mjs';
import './quick.mjs';

const FLASH_BYTES = 2 * 1024 * 1024;
const STAGE_2 = 0x10000000, STACK = 0x20041f00; // where the boot ROM hands over
const WATCHDOG = 0x40058, ROSC = 0x40060, SSI = 0x18000;
const RANDOM_BIT = 0x1c, SSI_DATA = 0x60, READ_UNIQUE_ID = 0x4b;

export class Chip {
  // flash: path of the image of the whole flash, made of `firmware` where it does not exist. id: 8 bytes.
  constructor({ firmware, flash, id }) {
    this.id = id;
    this.memory = Buffer.alloc(FLASH_BYTES, 0xff);
    if (fs.existsSync(flash)) this.memory.set(fs.readFileSync(flash));
    this.memory.set(fs.readFileSync(firmware));
    fs.writeFileSync(flash, this.memory);
    this.file = fs.openSync(flash, 'r+');
    this.onEdge = () => {}; // (GPIO, level, ms)
    this.onConsole = () => {}; // (byte)
    this.onControl = () => {}; // (bytes), which the device took with a request
    this.onSpi = () => {}; // (byte), from SPI 0; the chip stands still until answer(byte)
    this.onReset = () => {};
    this.held = false;
    this.hung = false; // the program stands still, and the chip does not
    this.cut = 0; // operations of the flash until a reset, 0 for none
    this.cycles = 0;
    this.levels = new Map();
    this.inputs = new Map();
    this.left = null; // what outlives a reset by the watchdog
    this.boot();
  }

  get ms() { return this.cycles / this.mcu.clkSys * 1e3; }

  boot() {
    const mcu = this.mcu = new RP2040();
    mcu.logger = new ConsoleLogger(LogLevel.Error, false);
    mcu.flash.set(this.memory);
    this.spent = install(mcu, (offset, size) => {
      this.memory.set(mcu.flash.subarray(offset, offset + size), offset);
      fs.writeSync(this.file, this.memory, offset, size, offset);
      if (this.cut && !--this.cut) this.doomed = true;
    });
    this.toConsole = [];
    this.controlData = new Uint8Array();
    this.wanted = 0; // bytes that the device's USB would take now
    this.doomed = this.hung = false;
    this.#noise(mcu.peripherals[ROSC]);
    this.#identity(mcu.peripherals[SSI]);
    this.#usb(mcu);
    mcu.spi[0].onTransmit = (byte) => { this.held = true; this.onSpi(byte); };
    this.#watchdog(mcu.peripherals[WATCHDOG]);
    mcu.gpio.forEach((pin, number) => pin.addListener((state) => this.#edge(number, Number(state === GPIOPinState.High))));
    for (const [number, level] of this.inputs) mcu.gpio[number].setInputValue(level);
    mcu.core.SP = STACK;
    mcu.core.PC = STAGE_2;
  }

  // All that a reset of the chip does: RAM, registers and outputs are gone, the flash stays.
  reset() {
    for (const [number, level] of this.levels) if (level) this.#edge(number, 0);
    this.boot();
    this.onReset();
  }

  // Reason and scratch registers tell of a reset by the watchdog; any other clears them (RP2040 data sheet, 4.7).
  #watchdog(dog) {
    if (this.left) { dog.reason = this.left.reason; dog.scratchData.set(this.left.scratchData); }
    this.left = null;
    dog.onWatchdogTrigger = () => {
      dog.alarm.enable = false; // it would come again at the same instant, for ever
      this.left = dog;
      this.doomed = true;
    };
  }

  // The level from outside at a pin, kept over resets.
  drive(number, level) {
    this.inputs.set(number, level);
    this.mcu.gpio[number].setInputValue(level);
  }

  #edge(number, level) {
    if ((this.levels.get(number) ?? 0) === level) return;
    this.levels.set(number, level);
    this.onEdge(number, level, this.ms);
  }

  // The ring oscillator's random bit.
  #noise(rosc) {
    const pool = Buffer.alloc(4096), read = rosc.readUint32.bind(rosc);
    let at = pool.length;
    rosc.readUint32 = (offset) => {
      if ((offset & 0xfff) !== RANDOM_BIT) return read(offset);
      if (at === pool.length) { randomFillSync(pool); at = 0; }
      return pool[at++] & 1;
    };
  }

  // The flash chip's serial number: command, four bytes of nothing, then eight of it.
  #identity(ssi) {
    const read = ssi.readUint32.bind(ssi), write = ssi.writeUint32.bind(ssi), answer = [];
    let left = 0;
    ssi.writeUint32 = (offset, value) => {
      if (offset === SSI_DATA && !left && value === READ_UNIQUE_ID) left = 13;
      if (offset !== SSI_DATA || !left) return write(offset, value);
      answer.push(left > 8 ? 0 : this.id[8 - left]);
      left--;
    };
    ssi.readUint32 = (offset) => (offset === SSI_DATA && answer.length ? answer.shift() : read(offset));
  }

  #usb(mcu) {
    this.cdc = new USBCDC(mcu.usbCtrl);
    this.cdc.onSerialData = (data) => { for (const byte of data) this.onConsole(byte); };
    // a host with nothing to say says nothing: rp2040js would send empty packets, one after the other
    const read = mcu.usbCtrl.onEndpointRead;
    mcu.usbCtrl.onEndpointRead = (endpoint, size) => {
      if (endpoint === this.cdc.outEndpoint) this.wanted = size;
      else if (endpoint === 0 && this.controlData.length) {
        mcu.usbCtrl.endpointReadDone(0, this.controlData);
        this.onControl(this.controlData.length);
      } else read(endpoint, size);
    };
  }

  // A host's acts beside sending bytes: a request to the port's control interface (USB CDC PSTN 1.2, 6.3).
  control(request, value, data = []) {
    this.controlData = Uint8Array.from(data);
    const packet = Buffer.from([0x21, request, 0, 0, 0, 0, data.length, 0]);
    packet.writeUInt16LE(value, 2);
    this.mcu.usbCtrl.sendSetupPacket(Uint8Array.from(packet));
  }

  // What the other side of SPI 0 says to the byte that it was sent; it has come when its eight bits have passed.
  answer(byte) {
    const spi = this.mcu.spi[0];
    this.held = false;
    if (!spi.busy) return; // a reset came in between
    this.mcu.clock.createAlarm(() => spi.completeTransmit(byte)).schedule(8e9 / spi.clockFrequency);
  }

  #feed() {
    if (!this.wanted || !this.toConsole.length) return;
    const packet = Uint8Array.from(this.toConsole.splice(0, this.wanted));
    this.wanted = 0;
    this.mcu.usbCtrl.endpointReadDone(this.cdc.outEndpoint, packet);
  }

  // Runs for about so many cycles, or until it is held.
  run(cycles) {
    const end = this.cycles + cycles;
    let turns = 0;
    while (this.cycles < end && !this.held) {
      const { core, clock, clkSys } = this.mcu, nanos = 1e9 / clkSys;
      if (core.waiting || this.hung) {
        const alarm = clock.nextAlarm ? Math.ceil(clock.nanosToNextAlarm / nanos) : Infinity;
        const asleep = Math.max(1, Math.min(alarm, end - this.cycles));
        clock.tick(asleep * nanos);
        this.cycles += asleep;
        this.#feed();
      } else {
        const taken = core.executeInstruction() + this.spent();
        const then = clock.nanosCounter + taken * nanos;
        if (clock.nextAlarm && clock.nextAlarm.nanos <= then) clock.tick(taken * nanos);
        else clock.nanosCounter = then;
        this.cycles += taken;
        if ((++turns & 255) === 0) this.#feed();
      }
      if (this.doomed) this.reset();
    }
  }
}
