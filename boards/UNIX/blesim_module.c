// SPDX-License-Identifier: MIT
// The module `blesim`, by which the board's own `air` feeds the stack: frames from the simulator's air (blesim.h has the format).
#include "blesim.h"

#if MICROPY_PY_BLUETOOTH

#define ATT_NOT_FOUND (0x0a)
#define ATT_UNLIKELY (0x0e)

// ---- frames from the air ----

typedef struct { const uint8_t *at; size_t left; } reader_t;

static uint8_t get8(reader_t *r) {
    if (!r->left) {
        mp_raise_ValueError(MP_ERROR_TEXT("short frame"));
    }
    r->left--;
    return *r->at++;
}
static uint16_t get16(reader_t *r) { uint8_t low = get8(r); return low | get8(r) << 8; }

static void reply(uint16_t ticket, uint8_t error, const uint8_t *value, size_t len) {
    if (ticket) {
        blesim_begin(REPLY);
        blesim_put16(ticket);
        blesim_put8(error);
        blesim_put(value, len);
        blesim_send();
    }
}

static void take_connect(uint16_t id, reader_t *r) {
    link_t *link = blesim_vacancy(), fresh = { UP, get8(r), { 0 }, id, MTU_DEFAULT };
    for (size_t i = 0; i < 6; i++) {
        fresh.address[i] = get8(r);
    }
    if (!blesim.active || !blesim.ready || !link || blesim_find(id)) {
        blesim_send_link(HANG_UP, id);
        return;
    }
    blesim.advertising = false; // a controller falls silent when somebody answers it
    *link = fresh;
    mp_bluetooth_gap_on_connected_disconnected(MP_BLUETOOTH_IRQ_CENTRAL_CONNECT, id, fresh.address_type, fresh.address);
}

static void take_write(uint16_t id, reader_t *r) {
    uint16_t handle = get16(r), ticket = get16(r);
    mp_bluetooth_gatts_db_entry_t *entry = blesim.active ? mp_bluetooth_gatts_db_lookup(BLESIM_DB, handle) : NULL;
    if (!entry || !blesim_find(id)) {
        reply(ticket, entry ? ATT_UNLIKELY : ATT_NOT_FOUND, NULL, 0);
        return;
    }
    size_t offset = entry->append ? entry->data_len : 0, len = MIN(r->left, entry->data_alloc - offset);
    memcpy(entry->data + offset, r->at, len); // what does not fit is cut without a word, as the NimBLE port does
    entry->data_len = offset + len;
    mp_bluetooth_gatts_on_write(id, handle);
    reply(ticket, 0, NULL, 0);
}

static void take_read(uint16_t id, reader_t *r) {
    uint16_t handle = get16(r), ticket = get16(r);
    mp_bluetooth_gatts_db_entry_t *entry = blesim.active ? mp_bluetooth_gatts_db_lookup(BLESIM_DB, handle) : NULL;
    if (!entry || !blesim_find(id)) {
        reply(ticket, entry ? ATT_UNLIKELY : ATT_NOT_FOUND, NULL, 0);
        return;
    }
    mp_int_t error = mp_bluetooth_gatts_on_read_request(id, handle);
    entry = mp_bluetooth_gatts_db_lookup(BLESIM_DB, handle);
    if (error || !entry) {
        reply(ticket, error ? error : ATT_NOT_FOUND, NULL, 0);
    } else {
        reply(ticket, 0, entry->data, entry->data_len);
    }
}

// feed(buffer, start, end): one frame without its length
static mp_obj_t feed(mp_obj_t buffer, mp_obj_t start, mp_obj_t end) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(buffer, &info, MP_BUFFER_READ);
    size_t from = mp_obj_get_int(start), to = mp_obj_get_int(end);
    if (from > to || to > info.len) {
        mp_raise_ValueError(MP_ERROR_TEXT("bad span"));
    }
    reader_t r = { (const uint8_t *)info.buf + from, to - from };
    uint8_t type = get8(&r);
    uint16_t id = get16(&r);
    link_t *link = blesim_find(id);
    switch (type) {
        case CONNECTED: take_connect(id, &r); break;
        case WRITE: take_write(id, &r); break;
        case READ: take_read(id, &r); break;
        case GONE:
            if (link) {
                blesim_lose(link);
            }
            break;
        case MTU: {
            uint16_t mtu = get16(&r);
            if (link && mtu >= MTU_DEFAULT) {
                link->mtu = MIN(mtu, blesim.mtu);
                mp_bluetooth_gatts_on_mtu_exchanged(id, link->mtu);
            }
            break;
        }
        case CONFIRMED: {
            uint16_t handle = get16(&r);
            uint8_t status = get8(&r);
            if (link) {
                mp_bluetooth_gatts_on_indicate_complete(id, handle, status);
            }
            break;
        }
        default: mp_raise_ValueError(MP_ERROR_TEXT("unknown frame"));
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(feed_obj, feed);

// up(sink): the air is there; tell it everything. sink(memoryview) takes whole frames.
static mp_obj_t up(mp_obj_t sink) {
    MP_STATE_VM(blesim_sink) = sink;
    blesim_begin(HELLO);
    blesim_put8(1);
    blesim_put16(blesim.mtu);
    blesim_send();
    if (blesim.ready) {
        blesim_pass(blesim.table, blesim.table_len);
    }
    if (blesim.advertising) {
        blesim_send_advert();
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(up_obj, up);

// down(): the air is gone, and every link with it
static mp_obj_t down(void) {
    MP_STATE_VM(blesim_sink) = mp_const_none;
    blesim_lose_all();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(down_obj, down);

static const mp_rom_map_elem_t blesim_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_blesim) },
    { MP_ROM_QSTR(MP_QSTR_up), MP_ROM_PTR(&up_obj) },
    { MP_ROM_QSTR(MP_QSTR_down), MP_ROM_PTR(&down_obj) },
    { MP_ROM_QSTR(MP_QSTR_feed), MP_ROM_PTR(&feed_obj) },
};
static MP_DEFINE_CONST_DICT(blesim_globals, blesim_globals_table);
const mp_obj_module_t blesim_module = { .base = { &mp_type_module }, .globals = (mp_obj_dict_t *)&blesim_globals };
MP_REGISTER_MODULE(MP_QSTR_blesim, blesim_module);
#endif
