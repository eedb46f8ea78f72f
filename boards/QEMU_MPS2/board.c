// SPDX-License-Identifier: MIT
// Start of the board, its heap, and where its random numbers come from. It stands above the board's other files.
#include "mps2.h"
#include "shared/runtime/pyexec.h"

extern const uint32_t isr_vector[];
static uint32_t vectors[64] __attribute__((aligned(256)));

static void wake(void) { }

static void start(void) {
    memcpy(vectors, isr_vector, 16 * sizeof(uint32_t));
    vectors[2] = (uint32_t)mps2_reset; // NMI: the watchdog was not fed
    vectors[15] = (uint32_t)wake;
    vectors[16 + IRQ_ALARM] = (uint32_t)mps2_alarm_irq;
    REG(VTOR) = (uint32_t)vectors;
    REG(PRESCALER) = 24; // of 25 MHz
    REG(COUNTER + 8) = REG(COUNTER + 4) = 0xffffffff;
    REG(COUNTER) = 1;
    REG(SYSTICK_LOAD) = TICKS_PER_MS - 1;
    mps2_uarts_start(vectors);
    REG(NVIC_ENABLE) = 1u << IRQ_ALARM;
}

void mps2_board_start(void) {
    static bool started;
    if (!started) {
        started = true;
        start();
    }
    pyexec_frozen_module("_boot.py", false);
}

// heap=BYTES on the command line, for a measurement that no board's heap would hold; otherwise the port's own, exactly.
void __real_gc_init(void *start, void *end);
void __wrap_gc_init(void *start, void *end) {
    const char *wish = strstr(mps2_command_line(), " heap=");
    size_t size = 0;
    for (const char *digit = wish ? wish + 6 : ""; *digit >= '0' && *digit <= '9'; digit++) {
        size = MIN(size * 10 + *digit - '0', PSRAM_HALF);
    }
    if (size) {
        start = (void *)(PSRAM + PSRAM_HALF);
        end = (char *)start + size;
    }
    __real_gc_init(start, end);
}

// ---- random numbers are the host's ----

void mp_hal_get_random(size_t n, void *to) {
    static int file = -1;
    if (file < 0) {
        file = mps2_open("/dev/urandom", MODE_READ);
    }
    if (file < 0 || !mps2_read(file, to, n)) {
        mp_raise_OSError(MP_EIO);
    }
}
