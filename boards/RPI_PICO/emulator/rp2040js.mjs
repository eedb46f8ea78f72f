// SPDX-License-Identifier: MIT
// The emulator of the chip, where set-up puts it.
export * from '../../../.cache/emulator/node_modules/rp2040js/dist/esm/index.js';
export { CortexM0Core } from '../../../.cache/emulator/node_modules/rp2040js/dist/esm/cortex-m0-core.js';
