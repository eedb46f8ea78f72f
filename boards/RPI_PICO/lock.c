// SPDX-License-Identifier: MIT
// What the port's main loop comes to when the agent ends, in place of a prompt: a reset of the chip.

#include "hardware/watchdog.h"
#include "py/mpconfig.h"
#include "py/mpstate.h"
#include "shared/runtime/interrupt_char.h"
#include "shared/tinyusb/mp_usbd.h"
#ifndef NO_QSTR  // the search for qstrs knows no TinyUSB
#include "tusb.h"
#endif

void nightlatch_restart(void) {
    watchdog_reboot(0, 0, 0);
    for (;;) {
    }
}

int __wrap_pyexec_friendly_repl(void) {
    nightlatch_restart();
    return 0;
}

int __wrap_pyexec_raw_repl(void) {
    nightlatch_restart();
    return 0;
}

// The port starts a program with its interrupt character on; this image knows none.
void mp_hal_set_interrupt_char(int c) {
    (void)c;
}

// The agent's own USB port (hal/usbport.py) has taken the console's place. TinyUSB would not notice: it would hand a text
// to the endpoint that the console had, which is none, hence 0, the one for requests.
static bool console_is_gone(void) {
    #if MICROPY_HW_ENABLE_USB_RUNTIME_DEVICE
    mp_obj_usb_device_t *device = MP_OBJ_TO_PTR(MP_STATE_VM(usbd));
    return device != NULL && !mp_usb_device_builtin_enabled(device);
    #else
    return false;
    #endif
}

// The port waits half a second for a host that has the console open and does not read. Doors can't: what finds no room
// is left to the caller.
mp_uint_t __wrap_mp_usbd_cdc_tx_strn(const char *str, mp_uint_t len) {
    if (!tusb_inited() || console_is_gone()) {
        return 0;
    }
    if (tud_cdc_connected()) {
        len = MIN(len, tud_cdc_write_available());
    }
    len = tud_cdc_write(str, len);
    tud_cdc_write_flush();
    mp_usbd_task();
    return len;
}
