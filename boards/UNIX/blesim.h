// SPDX-License-Identifier: MIT
// What the parts of the simulated stack share. blesim_links.c: its state; blesim_air.c: frames to the air; above them, and not
// known to each other, blesim.c: the back end of extmod/modbluetooth.c, and blesim_module.c: frames from the air.
//
// A frame is: length of what follows (u16), type (u8), fields. Numbers are little-endian, addresses in the order they are printed.
//   to the air    01 HELLO version mtu(u16)                 02 TABLE, a new one starts
//                 03 SERVICE uuid                           04 CHARACTERISTIC handle flags uuid
//                 05 DESCRIPTOR handle flags uuid           06 READY name, the table is whole
//                 07 ADVERTISE interval_us(u32) address_type address(6) connectable advert_length advert scan_response
//                 08 SILENT                                 09 NOTIFY link handle value
//                 0A INDICATE link handle value             0B HANG_UP link
//                 0C REPLY ticket(u16) att_error value      0D UPDATED handle value
//                 0E OFF
//   from the air  41 CONNECTED link address_type address(6) 42 GONE link
//                 43 WRITE link handle ticket(u16) value    44 READ link handle ticket(u16)
//                 45 MTU link mtu(u16)                      46 CONFIRMED link handle status
// link, handle and flags are u16. A ticket of 0 wants no REPLY (a write without response).
#ifndef NIGHTLATCH_BLESIM_H
#define NIGHTLATCH_BLESIM_H

#include <string.h>
#include "py/runtime.h"
#include "py/mphal.h"
#include "py/mperrno.h"
#include "extmod/modbluetooth.h"

#define LINKS (4)           // CONFIG_BT_NIMBLE_MAX_CONNECTIONS of the ESP32 port
#define FIRST_HANDLE (12)   // the stack's own GAP and GATT services stand before
#define MTU_DEFAULT (23)
#define MTU_MAX (517)
#define ADVERT_MAX (31)     // a legacy advertisement
#define FRAME_MAX (600)
#define TABLE_MAX (1024)

enum {
    HELLO = 1, TABLE, SERVICE, CHARACTERISTIC, DESCRIPTOR, READY, ADVERTISE, SILENT, NOTIFY, INDICATE, HANG_UP, REPLY, UPDATED, OFF,
    CONNECTED = 0x41, GONE, WRITE, READ, MTU, CONFIRMED,
};
enum { FREE, UP, CLOSING };

typedef struct { uint8_t state, address_type, address[6]; uint16_t id, mtu; } link_t;

typedef struct {
    bool active, advertising, connectable, ready;
    uint8_t address_type, address[6], advert[ADVERT_MAX], response[ADVERT_MAX], name[32], table[TABLE_MAX];
    size_t advert_len, response_len, name_len, table_len;
    uint16_t next_handle, mtu;
    uint32_t interval;
    link_t links[LINKS];
} blesim_t;

#define PUBLIC_ADDRESS { 0x02, 0x4e, 0x4c, 0x00, 0x00, 0x01 } // locally administered: nobody's

extern blesim_t blesim;
#define BLESIM_DB (*(mp_gatts_db_t *)&MP_STATE_VM(blesim_db))

// frames to the air: begin, put, send. A record goes into the table, which is passed when it is whole, and again to each new air.
void blesim_begin(uint8_t type);
void blesim_put(const void *data, size_t len);
void blesim_put8(uint8_t v);
void blesim_put16(uint16_t v);
void blesim_send(void);
int blesim_record(void);
void blesim_pass(uint8_t *data, size_t len);
void blesim_send_advert(void);
void blesim_send_link(uint8_t type, uint16_t link);
void blesim_send_value(uint8_t type, uint16_t link, uint16_t handle, const uint8_t *value, size_t len);

// links
link_t *blesim_find(uint16_t id);
link_t *blesim_vacancy(void);
void blesim_lose(link_t *link);
void blesim_lose_all(void);

#endif
