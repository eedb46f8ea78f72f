// SPDX-License-Identifier: MIT
// Time, sleep, the alarm and the reset. Time is qemu's virtual clock: with -icount a pure function of the instructions executed.
#include "mps2.h"

void mps2_reset(void) {
    REG(AIRCR) = 0x05fa0004;
    for (;;) {
    }
}

uint64_t mps2_us(void) {
    static uint32_t high, last;
    uint32_t now = REG(MICROSECONDS);
    high += now < last;
    last = now;
    return (uint64_t)high << 32 | now;
}
mp_uint_t mp_hal_ticks_us(void) { return mps2_us(); }
mp_uint_t mp_hal_ticks_ms(void) { return mps2_us() / 1000; }
mp_uint_t mp_hal_ticks_cpu(void) { return ~REG(COUNTER + 4); }

// Sleeps until something happens, a millisecond at most: whoever calls looks at the time himself.
void mps2_nap(void) {
    REG(SYSTICK_VALUE) = 0;
    REG(SYSTICK_CTRL) = 7;
    __asm volatile ("wfi");
    REG(SYSTICK_CTRL) = 0;
}

void mp_hal_delay_us(mp_uint_t us) {
    for (uint64_t end = mps2_us() + us; mps2_us() < end;) {
    }
}

void mp_hal_delay_ms(mp_uint_t ms) {
    for (uint64_t end = mps2_us() + (uint64_t)ms * 1000; mps2_us() < end; mps2_nap()) {
        mp_handle_pending(true);
    }
}

// ---- one alarm ----

MP_REGISTER_ROOT_POINTER(mp_obj_t mps2_alarm_then);
static uint32_t alarm_left; // milliseconds that did not fit the counter

static void alarm_part(void) {
    uint32_t part = MIN(alarm_left, 100000u);
    alarm_left -= part;
    REG(ALARM + 8) = REG(ALARM + 4) = part * TICKS_PER_MS;
    REG(ALARM) = 9; // enabled, with its interrupt
}

void mps2_alarm(uint32_t ms, mp_obj_t then) {
    REG(ALARM) = 0;
    REG(ALARM + 12) = 1;
    MP_STATE_VM(mps2_alarm_then) = then;
    alarm_left = ms;
    if (ms) {
        alarm_part();
    }
}

void mps2_alarm_irq(void) {
    REG(ALARM) = 0;
    REG(ALARM + 12) = 1;
    if (!alarm_left && !mp_sched_schedule(MP_STATE_VM(mps2_alarm_then), mp_const_none)) {
        alarm_left = 1; // the queue is full: once more, soon
    }
    if (alarm_left) {
        alarm_part();
    }
}
