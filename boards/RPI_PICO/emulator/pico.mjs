// SPDX-License-Identifier: MIT
// node pico.mjs '{"firmware", "flash", "id", "lock", "reader", "pins"}': a Pico on the bench.
// The console (USB) is a TCP port, whose number is told on stdout; lock and reader are the bench's Unix sockets; pins is
// role to GPIO. stdin takes "reset", "cut N" (a reset after so many operations of the flash), "hang" (the program stops),
// "control REQUEST VALUE DATA" (an act of the USB host) and "sleep MS"; stdout tells, one JSON object a line, the port,
// edges, resets and so on.
import net from 'node:net';
import readline from 'node:readline';
import { Chip } from './chip.mjs';

const SLICE_MS = 1, TURN_MS = 8;
const OUTPUTS = ['UNLOCK', 'LOCK', 'TRUNK', 'DRIVE'];

const options = JSON.parse(process.argv[2]);
const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const chip = new Chip({ ...options, id: Buffer.from(options.id, 'hex') });
const roles = new Map(Object.entries(options.pins).map(([role, number]) => [number, role]));

const lock = net.connect(options.lock);
chip.onEdge = (number, level, ms) => {
  const role = roles.get(number);
  if (OUTPUTS.includes(role)) lock.write(`pin ${role.toLowerCase()} ${level}\n`);
  if (role === 'READER_CS') { chip.held = true; toReader('S', level); }
  else if (role === 'READER_RESET') toReader('R', level);
  else if (role) tell({ edge: role, level, ms });
};
chip.drive(options.pins.BUTTON, true); // pulled up, and not pressed
readline.createInterface({ input: lock }).on('line', (line) => {
  if (line.startsWith('button ')) chip.drive(options.pins.BUTTON, line === 'button 0');
});

// Bytes of one turn go out together.
const gathered = (send) => {
  let bytes = [];
  return {
    add: (byte) => { bytes.push(byte); },
    flush: () => { if (bytes.length) send(Buffer.from(bytes)); bytes = []; },
  };
};

// Two bytes each way. To the reader: select, byte, reset; the first two are answered, with IRQ and with a byte, and the
// chip stands still until then. From it, unasked: IRQ.
const reader = net.connect(options.reader).setNoDelay(true);
const toReader = (kind, value) => reader.write(Buffer.from([kind.charCodeAt(0), value]));
chip.onSpi = (byte) => toReader('X', byte);
let heard = [];
reader.on('data', (data) => {
  heard.push(...data);
  for (; heard.length > 1; heard = heard.slice(2)) {
    const [kind, value] = [String.fromCharCode(heard[0]), heard[1]];
    if (kind === 'x') chip.answer(value);
    else chip.drive(options.pins.READER_IRQ, Boolean(value));
    if (kind === 's') chip.held = false;
  }
  proceed();
});

let host = null;
const toHost = gathered((data) => host?.write(data));
chip.onConsole = toHost.add;
const console_ = net.createServer((socket) => {
  host?.destroy();
  chip.toConsole = [];
  host = socket.setNoDelay(true);
  socket.on('data', (data) => chip.toConsole.push(...data));
  socket.on('error', () => {});
});
console_.listen(0, '127.0.0.1', () => tell({ port: console_.address().port }));

chip.onControl = (taken) => tell({ taken });

let sleepers = [];
const wake = () => {
  for (const due of sleepers) if (due <= chip.ms) tell({ woke: chip.ms });
  sleepers = sleepers.filter((due) => due > chip.ms);
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const [word, ...rest] = line.split(' ');
  if (word === 'reset') chip.reset();
  if (word === 'hang') chip.hung = true;
  if (word === 'sleep') sleepers.push(chip.ms + Number(rest[0]));
  if (word === 'cut') chip.cut = Number(rest[0]);
  if (word === 'control') chip.control(Number(rest[0]), Number(rest[1]), Buffer.from(rest[2] ?? '', 'hex'));
}).on('close', () => process.exit(0));
chip.onReset = () => {
  host?.destroy(); // the port is gone until USB is up again
  tell({ reset: chip.ms });
};

// No faster than the clock on the wall: what answers from outside has its time. Slower where the machine is.
let ahead = performance.now() - chip.ms;
const proceed = () => {
  const began = performance.now();
  while (chip.ms + ahead < performance.now() && performance.now() - began < TURN_MS && !chip.held) {
    chip.run(SLICE_MS * chip.mcu.clkSys / 1e3);
    toHost.flush();
    wake();
  }
};
const turn = () => {
  proceed();
  const late = performance.now() - chip.ms - ahead;
  if (late > 0) ahead += late; // what is lost is lost
  setTimeout(turn, late > 0 ? 0 : 1);
};
turn();
