// SPDX-License-Identifier: MIT
// What a locked image leaves out. Included by mpconfigboard.h.

#if NIGHTLATCH_LOCKED

// No character on any port interrupts the program, no change of speed leads to the boot loader, no second console.
#define MICROPY_KBD_EXCEPTION (0)
#define MICROPY_HW_USB_CDC_1200BPS_TOUCH (0)
#define MICROPY_PY_OS_DUPTERM (0)

// With a radio's driver the port would bring its prompt over a network, and TLS. Bluetooth needs neither.
#define MICROPY_PY_WEBREPL (0)
#define MICROPY_PY_WEBSOCKET (0)
#define MICROPY_PY_SSL (0)

// Nothing here turns a text into code.
#define MICROPY_ENABLE_COMPILER (0)
#define MICROPY_PY_SYS_PS1_PS2 (0)
#define MICROPY_PY_BUILTINS_HELP (0)

// A program that ends, ends in a reset of the chip: a soft one would leave the outputs as they are.
void nightlatch_restart(void);
#define MICROPY_BOARD_START_SOFT_RESET() nightlatch_restart()

#endif
