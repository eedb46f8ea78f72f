// SPDX-License-Identifier: MIT
#define MICROPY_HW_BOARD_NAME "Nightlatch on Raspberry Pi Pico 2 W"

// All behind the program: slots and store, as board.json says. No file system is made here.
#define MICROPY_HW_FLASH_STORAGE_BYTES (2560 * 1024)

#define MICROPY_PY_NETWORK 1
#define MICROPY_PY_NETWORK_HOSTNAME_DEFAULT "nightlatch"

#define CYW43_USE_SPI (1)
#define CYW43_LWIP (1)
#define CYW43_GPIO (1)
#define CYW43_SPI_PIO (1)

#define MICROPY_HW_PIN_EXT_COUNT CYW43_WL_GPIO_COUNT

// The pins between chip and radio keep their interrupts over a soft reset.
int mp_hal_is_pin_reserved(int n);
#define MICROPY_HW_PIN_RESERVED(i) mp_hal_is_pin_reserved(i)

#include "../RPI_PICO/lock.h"
