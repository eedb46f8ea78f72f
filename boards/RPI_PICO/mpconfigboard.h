// SPDX-License-Identifier: MIT
#define MICROPY_HW_BOARD_NAME "Nightlatch on Raspberry Pi Pico"

// All behind the program: slots and store, as board.json says. No file system is made here.
#define MICROPY_HW_FLASH_STORAGE_BYTES (848 * 1024)

#include "lock.h"
