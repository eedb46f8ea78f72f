// SPDX-License-Identifier: MIT
// NOR flash with the block protocol of rp2.Flash: read in place like a flash chip, here in PSRAM, and written through to a
// file of the host, so that it outlives the emulator. Programming clears bits and sets none.
#include "mps2.h"

#define SECTOR 4096u
#define FLASH ((uint8_t *)PSRAM)

typedef struct { mp_obj_base_t base; int file; size_t size; } flash_obj_t;

// Whole or not at all: half an image would be refused for ever.
static bool make_blank(const char *path, size_t size) {
    char beside[128];
    size_t length = strlen(path);
    if (length + 5 > sizeof(beside)) {
        return false;
    }
    memcpy(beside, path, length);
    memcpy(beside + length, ".new", 5);
    int file = mps2_open(beside, MODE_CREATE);
    bool done = file >= 0 && mps2_write(file, FLASH, size);
    const uintptr_t closed[] = { file }, names[] = { (uintptr_t)beside, length + 4, (uintptr_t)path, length };
    mps2_host(HOST_CLOSE, closed);
    return done && mps2_host(HOST_RENAME, names) == 0;
}

// Flash(path, size): size in bytes, whole sectors. With None for a path it lasts as long as the emulator. ValueError when the
// file's size is another one.
static mp_obj_t make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 2, 2, false);
    size_t size = mp_obj_get_int(args[1]);
    if (!size || size % SECTOR || size > PSRAM_HALF) {
        mp_raise_ValueError(MP_ERROR_TEXT("size"));
    }
    flash_obj_t *self = mp_obj_malloc(flash_obj_t, type);
    self->file = -1;
    self->size = size;
    const char *path = args[0] == mp_const_none ? NULL : mp_obj_str_get_str(args[0]);
    if (path) {
        self->file = mps2_open(path, MODE_UPDATE);
    }
    if (self->file < 0) { // blank; a chip that is not takes no instructions to be what it is
        memset(FLASH, 0xff, size);
        if (!path) {
            return MP_OBJ_FROM_PTR(self);
        }
        if (make_blank(path, size)) {
            self->file = mps2_open(path, MODE_UPDATE);
        }
    }
    const uintptr_t file[] = { self->file };
    if (self->file < 0) {
        mp_raise_OSError(MP_EIO);
    }
    if ((size_t)mps2_host(HOST_LENGTH, file) != size) {
        mp_raise_ValueError(MP_ERROR_TEXT("the image has another size"));
    }
    if (!mps2_read(self->file, FLASH, size)) {
        mp_raise_OSError(MP_EIO);
    }
    return MP_OBJ_FROM_PTR(self);
}

// The span that (block, buffer, offset) names; OSError outside.
static size_t span(flash_obj_t *self, const mp_obj_t *args, mp_buffer_info_t *info, int flags, size_t n_args) {
    mp_get_buffer_raise(args[2], info, flags);
    size_t at = mp_obj_get_int(args[1]) * SECTOR + (n_args > 3 ? mp_obj_get_int(args[3]) : 0);
    if (at > self->size || info->len > self->size - at) {
        mp_raise_OSError(MP_EINVAL);
    }
    return at;
}

static void keep(flash_obj_t *self, size_t at, size_t size) {
    if (self->file >= 0 && !(mps2_seek(self->file, at) && mps2_write(self->file, FLASH + at, size))) {
        mp_raise_OSError(MP_EIO);
    }
}

static mp_obj_t readblocks(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t to;
    size_t at = span(MP_OBJ_TO_PTR(args[0]), args, &to, MP_BUFFER_WRITE, n_args);
    memcpy(to.buf, FLASH + at, to.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(readblocks_obj, 3, 4, readblocks);

static mp_obj_t writeblocks(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t from;
    size_t at = span(MP_OBJ_TO_PTR(args[0]), args, &from, MP_BUFFER_READ, n_args);
    for (size_t i = 0; i < from.len; i++) {
        FLASH[at + i] &= ((const uint8_t *)from.buf)[i];
    }
    keep(MP_OBJ_TO_PTR(args[0]), at, from.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(writeblocks_obj, 3, 4, writeblocks);

static mp_obj_t flash_ioctl(mp_obj_t self_in, mp_obj_t operation, mp_obj_t argument) {
    flash_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_int_t block = mp_obj_get_int(argument);
    switch (mp_obj_get_int(operation)) {
        case 4: return MP_OBJ_NEW_SMALL_INT(self->size / SECTOR);
        case 5: return MP_OBJ_NEW_SMALL_INT(SECTOR);
        case 6:
            if (block < 0 || (size_t)block >= self->size / SECTOR) {
                return MP_OBJ_NEW_SMALL_INT(MP_EINVAL);
            }
            memset(FLASH + block * SECTOR, 0xff, SECTOR);
            keep(self, block * SECTOR, SECTOR);
            return MP_OBJ_NEW_SMALL_INT(0);
        default: return mp_const_none;
    }
}
static MP_DEFINE_CONST_FUN_OBJ_3(ioctl_obj, flash_ioctl);

static const mp_rom_map_elem_t locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_readblocks), MP_ROM_PTR(&readblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_writeblocks), MP_ROM_PTR(&writeblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&ioctl_obj) },
};
static MP_DEFINE_CONST_DICT(locals, locals_table);
MP_DEFINE_CONST_OBJ_TYPE(mps2_flash_type, MP_QSTR_Flash, MP_TYPE_FLAG_NONE, make_new, make_new, locals_dict, &locals);
