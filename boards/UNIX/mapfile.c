// SPDX-License-Identifier: MIT
// Flash that is read in place, as a microcontroller maps it: mapfile.map(path) is a file as read-only memory. What is
// written to the file later shows there as well. It stays mapped until the process ends, as flash does.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/runtime.h"

static mp_obj_t mapfile_map(mp_obj_t path) {
    int file = open(mp_obj_str_get_str(path), O_RDONLY);
    struct stat about;
    void *memory = MAP_FAILED;
    if (file >= 0 && fstat(file, &about) == 0 && about.st_size > 0) {
        memory = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, file, 0);
    }
    int failed = errno;
    if (file >= 0) {
        close(file);
    }
    if (memory == MAP_FAILED) {
        mp_raise_OSError(failed ? failed : MP_EINVAL);
    }
    return mp_obj_new_memoryview('B', (size_t)about.st_size, memory);
}
static MP_DEFINE_CONST_FUN_OBJ_1(mapfile_map_obj, mapfile_map);

static const mp_rom_map_elem_t mapfile_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_mapfile) },
    { MP_ROM_QSTR(MP_QSTR_map), MP_ROM_PTR(&mapfile_map_obj) },
};
static MP_DEFINE_CONST_DICT(mapfile_globals, mapfile_globals_table);

const mp_obj_module_t mapfile_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&mapfile_globals,
};

MP_REGISTER_MODULE(MP_QSTR_mapfile, mapfile_module);
