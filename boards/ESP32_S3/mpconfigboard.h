// SPDX-License-Identifier: MIT
#define MICROPY_HW_BOARD_NAME "Nightlatch on ESP32-S3"
#define MICROPY_HW_MCU_NAME "ESP32S3"

// One way in, the USB port: UART0 is on pins that anybody can reach, and its console answers before the agent runs.
#define MICROPY_HW_ENABLE_UART_REPL (0)

// Updates run from where they lie in flash: the partition `romfs`, which is mapped.
#define MICROPY_VFS_ROM (1)

// What the agent does not have, nobody can attack.
#define MICROPY_PY_NETWORK_WLAN (0)
#define MICROPY_PY_ESPNOW (0)
