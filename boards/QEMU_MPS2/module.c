// SPDX-License-Identifier: MIT
// The module `mps2`, on which the board's own `machine` is built.
#include "mps2.h"

// host(operation, words): one semihosting call with 32-bit words in a buffer
static mp_obj_t host(mp_obj_t operation, mp_obj_t words) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(words, &info, MP_BUFFER_READ);
    return mp_obj_new_int(mps2_host(mp_obj_get_int(operation), info.buf));
}
static MP_DEFINE_CONST_FUN_OBJ_2(host_obj, host);

static mp_obj_t command_line(void) { return mp_obj_new_str_from_cstr(mps2_command_line()); }
static MP_DEFINE_CONST_FUN_OBJ_0(command_line_obj, command_line);

// ticks(): the 25 MHz counter, 32 bits
static mp_obj_t ticks(void) { return mp_obj_new_int_from_uint(mp_hal_ticks_cpu()); }
static MP_DEFINE_CONST_FUN_OBJ_0(ticks_obj, ticks);

// alarm(ms, function): calls function(None) once after ms; 0 ms forgets what was armed
static mp_obj_t alarm(mp_obj_t ms, mp_obj_t then) {
    mps2_alarm(mp_obj_get_int(ms), then);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(alarm_obj, alarm);

// watchdog(ms): starts it, or feeds it; 160 s at most
static mp_obj_t watchdog(mp_obj_t ms) {
    REG(WATCHDOG + 0xc00) = 0x1acce551;
    REG(WATCHDOG) = (uint32_t)mp_obj_get_int(ms) * TICKS_PER_MS;
    REG(WATCHDOG + 8) = 3;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(watchdog_obj, watchdog);

static mp_obj_t reset(void) {
    mps2_reset();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(reset_obj, reset);

static const mp_rom_map_elem_t globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_mps2) },
    { MP_ROM_QSTR(MP_QSTR_UART), MP_ROM_PTR(&mps2_uart_type) },
    { MP_ROM_QSTR(MP_QSTR_Flash), MP_ROM_PTR(&mps2_flash_type) },
    { MP_ROM_QSTR(MP_QSTR_alarm), MP_ROM_PTR(&alarm_obj) },
    { MP_ROM_QSTR(MP_QSTR_command_line), MP_ROM_PTR(&command_line_obj) },
    { MP_ROM_QSTR(MP_QSTR_host), MP_ROM_PTR(&host_obj) },
    { MP_ROM_QSTR(MP_QSTR_reset), MP_ROM_PTR(&reset_obj) },
    { MP_ROM_QSTR(MP_QSTR_ticks), MP_ROM_PTR(&ticks_obj) },
    { MP_ROM_QSTR(MP_QSTR_watchdog), MP_ROM_PTR(&watchdog_obj) },
};
static MP_DEFINE_CONST_DICT(globals, globals_table);
const mp_obj_module_t mps2_module = { .base = { &mp_type_module }, .globals = (mp_obj_dict_t *)&globals };
MP_REGISTER_MODULE(MP_QSTR_mps2, mps2_module);
