# SPDX-License-Identifier: MIT
# What every image of this port has in common, and the lock: no prompt is linked into it. See lock.h and lock.c.

# No C++ in here: its library is not needed either.
list(APPEND MICROPY_DEF_BOARD PICO_CXX_DISABLE_ALLOCATION_OVERRIDES=1)

# What updates need.
list(APPEND MICROPY_DEF_BOARD MP_CONFIGFILE="${CMAKE_CURRENT_LIST_DIR}/slots.h")

if(NOT NIGHTLATCH_DEBUG)
    list(APPEND MICROPY_SOURCE_BOARD ${CMAKE_CURRENT_LIST_DIR}/lock.c)
    list(APPEND MICROPY_DEF_BOARD NIGHTLATCH_LOCKED=1)
    add_link_options(-Wl,--wrap=pyexec_friendly_repl -Wl,--wrap=pyexec_raw_repl -Wl,--wrap=mp_usbd_cdc_tx_strn)
endif()
