// SPDX-License-Identifier: MIT
// What the simulated Bluetooth stack knows, and who is connected to it.
#include "blesim.h"

#if MICROPY_PY_BLUETOOTH

MP_REGISTER_ROOT_POINTER(void *blesim_db);

blesim_t blesim = { .address = PUBLIC_ADDRESS, .next_handle = FIRST_HANDLE, .mtu = 256 };

link_t *blesim_find(uint16_t id) {
    for (size_t i = 0; i < LINKS; i++) {
        if (blesim.links[i].state != FREE && blesim.links[i].id == id) {
            return &blesim.links[i];
        }
    }
    return NULL;
}

link_t *blesim_vacancy(void) {
    for (size_t i = 0; i < LINKS; i++) {
        if (blesim.links[i].state == FREE) {
            return &blesim.links[i];
        }
    }
    return NULL;
}

void blesim_lose(link_t *link) {
    link->state = FREE;
    if (blesim.active) {
        mp_bluetooth_gap_on_connected_disconnected(MP_BLUETOOTH_IRQ_CENTRAL_DISCONNECT, link->id, link->address_type, link->address);
    }
}

void blesim_lose_all(void) {
    for (size_t i = 0; i < LINKS; i++) {
        if (blesim.links[i].state != FREE) {
            blesim_lose(&blesim.links[i]);
        }
    }
}

#endif
