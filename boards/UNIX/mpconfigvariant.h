// SPDX-License-Identifier: MIT
// MicroPython for the simulated board: the features of a microcontroller board, in a Unix process.

#include <string.h>

#define MICROPY_CONFIG_ROM_LEVEL       (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)
#define MICROPY_FLOAT_IMPL             (MICROPY_FLOAT_IMPL_FLOAT)

#include "variants/mpconfigvariant_common.h"

#define MICROPY_HW_BOARD_NAME          "Nightlatch UNIX"
#define MICROPY_HW_MCU_NAME            MICROPY_PY_SYS_PLATFORM

#define MICROPY_PY_CRYPTOLIB           (1)
#define MICROPY_PY_CRYPTOLIB_CONSTS    (1)
#define MICROPY_PY_CRYPTOLIB_CTR       (1)
#define MICROPY_PY_HASHLIB_MD5         (1)
#define MICROPY_PY_HASHLIB_SHA1        (1)
#define MICROPY_PY_OS_UNAME            (1)
