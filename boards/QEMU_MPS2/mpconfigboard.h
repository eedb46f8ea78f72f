// SPDX-License-Identifier: MIT
// The whole configuration of the build: the qemu port's own, with the features of a microcontroller board. The port has no
// mpconfigboard.h of its own; mpconfigboard.mk names this file in place of mpconfigport.h.
#include "ports/qemu/mpconfigport.h"

#undef MICROPY_PY_SYS_STDIO_BUFFER
#undef MICROPY_PY_SELECT
#undef MICROPY_PY_TIME
#undef MICROPY_PY_ASYNCIO
#undef MICROPY_PY_MACHINE
#undef MICROPY_PY_MACHINE_RESET
#undef MICROPY_PY_MACHINE_PIN_BASE
#undef MICROPY_VFS_ROM
#define MICROPY_PY_SYS_STDIO_BUFFER    (1)
#define MICROPY_PY_SELECT              (1)
#define MICROPY_PY_TIME                (1)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (0) // no clock chip
#define MICROPY_PY_TIME_TIME_TIME_NS   (0)
#define MICROPY_PY_ASYNCIO             (1)
#define MICROPY_PY_MACHINE             (0) // frozen, in modules/machine.py
#define MICROPY_VFS_ROM                (0)
#define MICROPY_PY_CRYPTOLIB           (1)
#define MICROPY_PY_CRYPTOLIB_CONSTS    (1)
#define MICROPY_PY_CRYPTOLIB_CTR       (1)
#define MICROPY_PY_HASHLIB             (1)
#define MICROPY_PY_HASHLIB_MD5         (1)
#define MICROPY_PY_HASHLIB_SHA1        (1)
#define MICROPY_PY_OS_UNAME            (1)
#define MICROPY_PY_OS_URANDOM          (1)
#define MICROPY_PY_OS_INCLUDEFILE      "os.c"
#define MICROPY_ENABLE_FINALISER       (1)
#define MICROPY_ENABLE_SCHEDULER       (1)
#define MICROPY_KBD_EXCEPTION          (1)

#include <stddef.h>

void mps2_board_start(void);
void mps2_nap(void);
void mp_hal_get_random(size_t n, void *to);
#define MICROPY_PORT_INIT_FUNC         mps2_board_start()
#define MICROPY_INTERNAL_WFE(ms)       mps2_nap()

static inline unsigned int mps2_lock(void) {
    unsigned int before;
    __asm volatile ("mrs %0, primask\n cpsid i" : "=r" (before) : : "memory");
    return before;
}
static inline void mps2_unlock(unsigned int before) {
    __asm volatile ("msr primask, %0" : : "r" (before) : "memory");
}
#define MICROPY_BEGIN_ATOMIC_SECTION() mps2_lock()
#define MICROPY_END_ATOMIC_SECTION(before) mps2_unlock(before)
