// SPDX-License-Identifier: MIT
// The five serial ports: received bytes wait in rings that interrupts fill. A full ring leaves the byte in the port, and qemu
// then takes no more from its end: nothing is lost that the agent could still read. Port 0 is the console.
#include "mps2.h"
#include "py/stream.h"
#include "py/ringbuf.h"
#include "shared/runtime/interrupt_char.h"

#define DATA 0
#define STATE 4
#define CTRL 8
#define INTSTATUS 12
#define BAUDDIV 16
#define TX_FULL 1
#define RX_FULL 2
#define RING 2048
#define SEND_US 2000 // so long one byte may take, on a line that somebody listens to

static const uint32_t base[UARTS] = { 0x40004000, 0x40005000, 0x40006000, 0x40007000, 0x40009000 };
static const uint8_t irq[UARTS] = { 0, 2, 4, 18, 20 };
static uint8_t room[UARTS][RING];
static ringbuf_t rings[UARTS];

static void receive(int n) {
    REG(base[n] + INTSTATUS) = 2; // before the reads: cleared after them, it would take a byte that came in between with it
    while ((REG(base[n] + STATE) & RX_FULL) && ringbuf_free(&rings[n])) {
        int c = REG(base[n] + DATA);
        if (n == 0 && c == mp_interrupt_char) {
            mp_sched_keyboard_interrupt();
        } else {
            ringbuf_put(&rings[n], c);
        }
    }
}
static void irq0(void) { receive(0); }
static void irq1(void) { receive(1); }
static void irq2(void) { receive(2); }
static void irq3(void) { receive(3); }
static void irq4(void) { receive(4); }

void mps2_uarts_start(uint32_t *vectors) {
    static void (*const handlers[UARTS])(void) = { irq0, irq1, irq2, irq3, irq4 };
    for (int n = 0; n < UARTS; n++) {
        rings[n] = (ringbuf_t) { room[n], RING, 0, 0 };
        vectors[16 + irq[n]] = (uint32_t)handlers[n];
        REG(base[n] + BAUDDIV) = 16;
        REG(base[n] + CTRL) = 1 | 2 | 8; // send, receive, and tell when something came
        REG(NVIC_ENABLE) = 1u << irq[n];
    }
}

static int take(int n) {
    int c = ringbuf_get(&rings[n]);
    if (REG(base[n] + STATE) & RX_FULL) { // what had found the ring full
        mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
        receive(n);
        MICROPY_END_ATOMIC_SECTION(state);
    }
    return c;
}

static bool send(int n, uint8_t c) {
    uint64_t end = mps2_us() + SEND_US;
    while (REG(base[n] + STATE) & TX_FULL) {
        if (mps2_us() > end) {
            return false;
        }
    }
    REG(base[n] + DATA) = c;
    return true;
}

// ---- the console, in place of what the port has ----

int __wrap_uart_rx_chr(void) {
    int c = take(0);
    if (c < 0) {
        mp_handle_pending(true);
        mps2_nap();
    }
    return c;
}

uintptr_t __wrap_mp_hal_stdio_poll(uintptr_t flags) {
    return (flags & MP_STREAM_POLL_WR) | (ringbuf_avail(&rings[0]) ? flags & MP_STREAM_POLL_RD : 0);
}

// ---- UART(n): the others, as streams that never wait ----

typedef struct { mp_obj_base_t base; int n; } uart_obj_t;

static mp_obj_t make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    mp_int_t n = mp_obj_get_int(args[0]);
    if (n < 1 || n >= UARTS) {
        mp_raise_ValueError(MP_ERROR_TEXT("no such port"));
    }
    uart_obj_t *self = mp_obj_malloc(uart_obj_t, type);
    self->n = n;
    return MP_OBJ_FROM_PTR(self);
}

static mp_uint_t uart_read(mp_obj_t self_in, void *to, mp_uint_t size, int *error) {
    uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_uint_t got = 0;
    for (int c; got < size && (c = take(self->n)) >= 0; got++) {
        ((uint8_t *)to)[got] = c;
    }
    if (!got) {
        *error = MP_EAGAIN;
        return MP_STREAM_ERROR;
    }
    return got;
}

static mp_uint_t uart_write(mp_obj_t self_in, const void *from, mp_uint_t size, int *error) {
    uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_uint_t sent = 0;
    while (sent < size && send(self->n, ((const uint8_t *)from)[sent])) {
        sent++;
    }
    if (!sent && size) {
        *error = MP_EAGAIN;
        return MP_STREAM_ERROR;
    }
    return sent;
}

static mp_uint_t uart_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t flags, int *error) {
    uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (request != MP_STREAM_POLL) {
        *error = MP_EINVAL;
        return MP_STREAM_ERROR;
    }
    return (ringbuf_avail(&rings[self->n]) ? flags & MP_STREAM_POLL_RD : 0)
           | (REG(base[self->n] + STATE) & TX_FULL ? 0 : flags & MP_STREAM_POLL_WR);
}

static const mp_rom_map_elem_t locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&mp_stream_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&mp_stream_write1_obj) },
};
static MP_DEFINE_CONST_DICT(locals, locals_table);
static const mp_stream_p_t protocol = { .read = uart_read, .write = uart_write, .ioctl = uart_ioctl };
MP_DEFINE_CONST_OBJ_TYPE(mps2_uart_type, MP_QSTR_UART, MP_TYPE_FLAG_NONE, make_new, make_new, protocol, &protocol, locals_dict, &locals);
