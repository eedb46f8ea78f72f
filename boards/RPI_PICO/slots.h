// SPDX-License-Identifier: MIT
// The port's settings, and what updates need beyond them: every image of this port is built with this as MP_CONFIGFILE.

#include <mpconfigport.h>

// A file system that is read in place, out of a slot. The port makes this depend on a partition of its own; ours are
// the slots of board.json, and nothing is mounted before the agent chose one.
#undef MICROPY_VFS_ROM
#define MICROPY_VFS_ROM (1)
#define MICROPY_VFS_ROM_IOCTL (0)

// machine.reset_cause() is WDT_RESET after a program that stopped feeding the watchdog. A reset that was asked for is
// made by the watchdog too, and so is the boot loader's behind a new image: the port does not tell these apart.
#define watchdog_caused_reboot watchdog_enable_caused_reboot
