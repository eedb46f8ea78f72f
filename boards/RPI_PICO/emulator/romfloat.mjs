// SPDX-License-Identifier: MIT
// The boot ROM's single-precision functions, in the order of its table (RP2040 data sheet, 2.8.3.2.1). Denormals are 0.

const MISSING = (place) => () => { throw new Error(`float function ${place} of the boot ROM is not modelled`); };

export function floats(core, cost) {
  const R = core.registers, view = new DataView(new ArrayBuffer(8));
  const flat = (x) => (Math.abs(x) < 2 ** -126 ? x * 0 : x);
  const get = (bits) => { view.setUint32(0, bits >>> 0); return flat(view.getFloat32(0)); };
  const put = (x) => { view.setFloat32(0, flat(Math.fround(x))); return view.getUint32(0); };
  const signed = (x) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, x)) | 0;
  const unsigned = (x) => Math.max(0, Math.min(2 ** 32 - 1, x)) >>> 0;
  const one = (f, cycles = 60) => () => { R[0] = put(f(get(R[0]))); cost(cycles); };
  const two = (f, cycles = 60) => () => { R[0] = put(f(get(R[0]), get(R[1]))); cost(cycles); };
  const toInteger = (clamp, fixed) => () => {
    R[0] = clamp(Math.floor(get(R[0]) * (fixed ? 2 ** (R[1] | 0) : 1)));
    cost(30);
  };
  const fromInteger = (read, fixed) => () => { R[0] = put(read(R[0]) * (fixed ? 2 ** -(R[1] | 0) : 1)); cost(40); };
  const long = (sign) => {
    const all = (BigInt(R[1] >>> 0) << 32n) | BigInt(R[0] >>> 0);
    return Number(sign ? BigInt.asIntN(64, all) : all);
  };
  const toLong = (low, high, fixed) => () => {
    const x = Math.floor(get(R[0]) * (fixed ? 2 ** (R[1] | 0) : 1));
    const value = Number.isNaN(x) ? 0n : x <= Number(low) ? low : x >= Number(high) ? high : BigInt(x);
    R[0] = Number(value & 0xffffffffn);
    R[1] = Number((value >> 32n) & 0xffffffffn);
    cost(60);
  };
  const fromLong = (sign, fixed) => () => { R[0] = put(long(sign) * (fixed ? 2 ** -(R[2] | 0) : 1)); cost(60); };
  const S64 = [-(1n << 63n), (1n << 63n) - 1n], U64 = [0n, (1n << 64n) - 1n];
  const compareFlags = () => {
    const [a, b] = [get(R[0]), get(R[1])];
    [core.N, core.Z, core.C, core.V] = [a < b, a === b, a >= b, false];
  };
  return [
    two((a, b) => a + b), two((a, b) => a - b), two((a, b) => a * b), two((a, b) => a / b, 75), MISSING(4), compareFlags,
    one(Math.sqrt), toInteger(signed), toInteger(signed, true), toInteger(unsigned), toInteger(unsigned, true),
    fromInteger((x) => x | 0), fromInteger((x) => x | 0, true), fromInteger((x) => x >>> 0), fromInteger((x) => x >>> 0, true),
    one(Math.cos, 600), one(Math.sin, 600), one(Math.tan, 700), MISSING(18), one(Math.exp, 600), one(Math.log, 600),
    () => { const [a, b] = [get(R[0]), get(R[1])]; R[0] = a < b ? 0xffffffff : a > b ? 1 : 0; cost(20); },
    two(Math.atan2, 600), fromLong(true), fromLong(true, true), fromLong(false), fromLong(false, true),
    toLong(...S64), toLong(...S64, true), toLong(...U64), toLong(...U64, true),
    () => { view.setFloat64(0, get(R[0])); R[0] = view.getUint32(4); R[1] = view.getUint32(0); cost(20); },
  ];
}
