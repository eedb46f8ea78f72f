// SPDX-License-Identifier: MIT
// A back end for extmod/modbluetooth.c whose radio is the simulator: the real `bluetooth` module, peripheral role. It keeps the
// limits of the NimBLE port. Where the radio's frames go is the affair of blesim_air.c; who is connected, of blesim_links.c.
#include "blesim.h"

#if MICROPY_PY_BLUETOOTH

#define NOT_ACTIVE MP_ENODEV

// ---- what extmod/modbluetooth.c calls ----

int mp_bluetooth_init(void) {
    if (!blesim.active) {
        mp_bluetooth_gatts_db_create(&BLESIM_DB);
        mp_bluetooth_gatts_db_reset(BLESIM_DB); // it is not zeroed when it is made
        blesim.next_handle = FIRST_HANDLE;
        blesim.table_len = blesim.advert_len = blesim.response_len = 0;
        blesim.advertising = blesim.ready = false;
        blesim.active = true;
    }
    return 0;
}

static void switch_off(void) {
    if (blesim.active) {
        blesim.active = blesim.advertising = blesim.ready = false;
        blesim_lose_all();
        blesim_begin(OFF);
        blesim_send();
    }
}

#if MICROPY_VERSION >= MICROPY_MAKE_VERSION(1, 26, 0)
int mp_bluetooth_deinit(void) { switch_off(); return 0; }
#else
void mp_bluetooth_deinit(void) { switch_off(); }
#endif

bool mp_bluetooth_is_active(void) { return blesim.active; }

void mp_bluetooth_get_current_address(uint8_t *type, uint8_t *to) {
    if (!blesim.active) {
        mp_raise_OSError(NOT_ACTIVE);
    }
    *type = blesim.address_type;
    memcpy(to, blesim.address, 6);
}

void mp_bluetooth_set_address_mode(uint8_t mode) {
    static const uint8_t top[4] = { 0, 0xc0, 0x40, 0 }; // static, resolvable, non-resolvable (Core 6.B.1.3.2)
    if (!blesim.active || blesim.advertising) {
        mp_raise_OSError(blesim.active ? MP_EBUSY : NOT_ACTIVE); // a controller takes no new address while it advertises
    }
    if (mode > MP_BLUETOOTH_ADDRESS_MODE_NRPA) {
        mp_raise_OSError(MP_EINVAL);
    }
    mp_hal_get_random(6, blesim.address);
    blesim.address[0] = (blesim.address[0] & 0x3f) | top[mode];
    if (mode == MP_BLUETOOTH_ADDRESS_MODE_PUBLIC) {
        static const uint8_t public_address[6] = PUBLIC_ADDRESS;
        memcpy(blesim.address, public_address, 6);
    }
    blesim.address_type = mode != MP_BLUETOOTH_ADDRESS_MODE_PUBLIC;
}

size_t mp_bluetooth_gap_get_device_name(const uint8_t **buf) { *buf = blesim.name; return blesim.name_len; }

int mp_bluetooth_gap_set_device_name(const uint8_t *buf, size_t len) {
    if (len >= sizeof(blesim.name)) {
        return MP_EINVAL;
    }
    memcpy(blesim.name, buf, len);
    blesim.name_len = len;
    return 0;
}

int mp_bluetooth_gap_advertise_start(bool conn, int32_t us, const uint8_t *ad, size_t ad_len, const uint8_t *sr, size_t sr_len) {
    if (!blesim.active) {
        return NOT_ACTIVE;
    }
    if (ad_len > ADVERT_MAX || sr_len > ADVERT_MAX || us < 20000 || us > 10240000) {
        return MP_EINVAL;
    }
    mp_bluetooth_gap_advertise_stop();
    if (conn && !blesim_vacancy()) {
        return MP_ENOMEM;
    }
    if (ad) {
        memcpy(blesim.advert, ad, blesim.advert_len = ad_len);
    }
    if (sr) {
        memcpy(blesim.response, sr, blesim.response_len = sr_len);
    }
    blesim.connectable = conn;
    blesim.interval = us;
    blesim.advertising = true;
    blesim_send_advert();
    return 0;
}

void mp_bluetooth_gap_advertise_stop(void) {
    if (blesim.advertising) {
        blesim.advertising = false;
        blesim_begin(SILENT);
        blesim_send();
    }
}

static int record_attribute(uint8_t type, uint16_t flags, const mp_obj_bluetooth_uuid_t *uuid) {
    blesim_begin(type);
    if (type != SERVICE) {
        blesim_put16(blesim.next_handle);
        blesim_put16(flags);
    }
    blesim_put(uuid->data, uuid->type);
    return blesim_record();
}

int mp_bluetooth_gatts_register_service_begin(bool append) {
    if (!blesim.active) {
        return NOT_ACTIVE;
    }
    if (append) {
        return MP_EOPNOTSUPP;
    }
    mp_bluetooth_gatts_db_reset(BLESIM_DB);
    blesim.next_handle = FIRST_HANDLE;
    blesim.table_len = 0;
    blesim.ready = false;
    blesim_begin(TABLE);
    return blesim_record();
}

int mp_bluetooth_gatts_register_service(mp_obj_bluetooth_uuid_t *service, mp_obj_bluetooth_uuid_t **chars, uint16_t *char_flags,
    mp_obj_bluetooth_uuid_t **descs, uint16_t *desc_flags, uint8_t *desc_counts, uint16_t *handles, size_t count) {
    size_t h = 0, d = 0;
    int err = record_attribute(SERVICE, 0, service);
    blesim.next_handle++; // its declaration
    for (size_t i = 0; i < count && !err; i++) {
        blesim.next_handle++; // its declaration
        err = record_attribute(CHARACTERISTIC, char_flags[i], chars[i]);
        handles[h++] = blesim.next_handle;
        mp_bluetooth_gatts_db_create_entry(BLESIM_DB, blesim.next_handle++, MP_BLUETOOTH_DEFAULT_ATTR_LEN);
        if (char_flags[i] & (MP_BLUETOOTH_CHARACTERISTIC_FLAG_NOTIFY | MP_BLUETOOTH_CHARACTERISTIC_FLAG_INDICATE)) {
            blesim.next_handle++; // the CCCD, which the stack keeps to itself
        }
        for (size_t j = 0; j < desc_counts[i] && !err; j++, d++) {
            err = record_attribute(DESCRIPTOR, desc_flags[d], descs[d]);
            handles[h++] = blesim.next_handle;
            mp_bluetooth_gatts_db_create_entry(BLESIM_DB, blesim.next_handle++, MP_BLUETOOTH_DEFAULT_ATTR_LEN);
        }
    }
    return err;
}

int mp_bluetooth_gatts_register_service_end(void) {
    blesim_begin(READY);
    blesim_put(blesim.name, blesim.name_len);
    int err = blesim_record();
    blesim.ready = !err;
    if (blesim.ready) {
        blesim_pass(blesim.table, blesim.table_len);
    }
    return err;
}

int mp_bluetooth_gatts_read(uint16_t handle, const uint8_t **value, size_t *len) {
    return blesim.active ? mp_bluetooth_gatts_db_read(BLESIM_DB, handle, value, len) : NOT_ACTIVE;
}

int mp_bluetooth_gatts_write(uint16_t handle, const uint8_t *value, size_t len, bool send_update) {
    if (!blesim.active) {
        return NOT_ACTIVE;
    }
    int err = mp_bluetooth_gatts_db_write(BLESIM_DB, handle, value, len);
    if (!err && send_update) {
        blesim_send_value(UPDATED, 0, handle, value, len);
    }
    return err;
}

int mp_bluetooth_gatts_notify_indicate(uint16_t conn, uint16_t handle, int op, const uint8_t *value, size_t len) {
    link_t *link = blesim_find(conn);
    if (!blesim.active || !link) {
        return blesim.active ? MP_ENOTCONN : NOT_ACTIVE;
    }
    if (!value) {
        int err = mp_bluetooth_gatts_db_read(BLESIM_DB, handle, &value, &len);
        if (err) {
            return err;
        }
    }
    blesim_send_value(op == MP_BLUETOOTH_GATTS_OP_INDICATE ? INDICATE : NOTIFY, conn, handle, value, MIN(len, (size_t)link->mtu - 3));
    return 0;
}

int mp_bluetooth_gatts_set_buffer(uint16_t handle, size_t len, bool append) {
    return blesim.active ? mp_bluetooth_gatts_db_resize(BLESIM_DB, handle, len, append) : NOT_ACTIVE;
}

int mp_bluetooth_gap_disconnect(uint16_t conn) {
    link_t *link = blesim_find(conn);
    if (!blesim.active || !link || link->state == CLOSING) {
        return !blesim.active ? NOT_ACTIVE : !link ? MP_ENOTCONN : MP_EALREADY;
    }
    link->state = CLOSING; // the event comes when the link is really gone
    blesim_send_link(HANG_UP, conn);
    return 0;
}

int mp_bluetooth_get_preferred_mtu(void) { return blesim.mtu; }

int mp_bluetooth_set_preferred_mtu(uint16_t mtu) {
    if (mtu < MTU_DEFAULT || mtu > MTU_MAX) {
        return MP_EINVAL;
    }
    blesim.mtu = mtu;
    return 0;
}
#endif
