// SPDX-License-Identifier: MIT
// Frames to the simulator's air (blesim.h has the format).
#include "blesim.h"
#include "py/objarray.h"

#if MICROPY_PY_BLUETOOTH

MP_REGISTER_ROOT_POINTER(mp_obj_t blesim_sink);

static uint8_t out[FRAME_MAX];
static size_t out_len;

void blesim_put(const void *data, size_t len) {
    if (out_len + len <= FRAME_MAX) {
        memcpy(out + out_len, data, len);
        out_len += len;
    }
}
void blesim_put8(uint8_t v) { blesim_put(&v, 1); }
void blesim_put16(uint16_t v) { blesim_put8(v); blesim_put8(v >> 8); }
void blesim_begin(uint8_t type) { out_len = 2; blesim_put8(type); }

static void close_frame(void) {
    out[0] = out_len - 2;
    out[1] = (out_len - 2) >> 8;
}

// The sink takes a memoryview that is good for the call only. What it raises is not the stack's affair.
void blesim_pass(uint8_t *data, size_t len) {
    mp_obj_t sink = MP_STATE_VM(blesim_sink);
    if (sink == MP_OBJ_NULL || sink == mp_const_none) {
        return;
    }
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_obj_array_t view;
        mp_obj_memoryview_init(&view, 'B', 0, len, data);
        mp_call_function_1(sink, MP_OBJ_FROM_PTR(&view));
        nlr_pop();
    } else {
        MP_STATE_VM(blesim_sink) = mp_const_none;
    }
}
void blesim_send(void) { close_frame(); blesim_pass(out, out_len); }

void blesim_send_link(uint8_t type, uint16_t link) {
    blesim_begin(type);
    blesim_put16(link);
    blesim_send();
}

int blesim_record(void) {
    close_frame();
    if (blesim.table_len + out_len > TABLE_MAX) {
        return MP_E2BIG;
    }
    memcpy(blesim.table + blesim.table_len, out, out_len);
    blesim.table_len += out_len;
    return 0;
}

void blesim_send_advert(void) {
    blesim_begin(ADVERTISE);
    blesim_put16(blesim.interval);
    blesim_put16(blesim.interval >> 16);
    blesim_put8(blesim.address_type);
    blesim_put(blesim.address, 6);
    blesim_put8(blesim.connectable);
    blesim_put8(blesim.advert_len);
    blesim_put(blesim.advert, blesim.advert_len);
    blesim_put(blesim.response, blesim.response_len);
    blesim_send();
}

void blesim_send_value(uint8_t type, uint16_t link, uint16_t handle, const uint8_t *value, size_t len) {
    blesim_begin(type);
    if (type != UPDATED) {
        blesim_put16(link);
    }
    blesim_put16(handle);
    blesim_put(value, len);
    blesim_send();
}

#endif
