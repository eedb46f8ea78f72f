# SPDX-License-Identifier: MIT
# An emulated microcontroller: qemu's mps2-an385, a Cortex-M3. Outside MicroPython's tree; boards/setup/ports/qemuport.py builds it.
QEMU_ARCH = arm
QEMU_MACHINE = mps2-an385
# Exactly what the smallest real board leaves the agent.
MICROPY_HEAP_SIZE ?= 131072

CFLAGS += -mthumb -mcpu=cortex-m3 -mfloat-abi=soft
CFLAGS += -DQEMU_SOC_MPS2 -DMICROPY_HW_MCU_NAME='"Cortex-M3"'
CFLAGS += -DMP_CONFIGFILE='"$(BOARD_DIR)/mpconfigboard.h"' -I$(BOARD_DIR) -I$(SHARED_DIR)
LDSCRIPT = $(BOARD_DIR)/memory.ld
# Console input comes from a ring that interrupts fill, so that Ctrl-C reaches a running program.
LDFLAGS += -Wl,--wrap=uart_rx_chr -Wl,--wrap=mp_hal_stdio_poll -Wl,--wrap=gc_init
SRC_BOARD_O = shared/runtime/gchelper_native.o shared/runtime/gchelper_thumb2.o
MPY_CROSS_FLAGS += -march=armv7m
FROZEN_MANIFEST ?= $(BOARD_DIR)/manifest.py

SRC_C += $(addprefix $(BOARD_DIR)/,board.c clock.c flash.c host.c module.c uart.c)

# The real bluetooth module, peripheral role, on the simulator's link: the UNIX board's. Events arrive on the caller's stack.
SHARED_DIR = $(BOARD_DIR)/../UNIX
SRC_C += $(addprefix $(SHARED_DIR)/,blesim.c blesim_air.c blesim_links.c blesim_module.c)
CFLAGS += -DMICROPY_PY_BLUETOOTH=1
CFLAGS += -DMICROPY_PY_BLUETOOTH_ENABLE_CENTRAL_MODE=0
CFLAGS += -DMICROPY_PY_BLUETOOTH_USE_SYNC_EVENTS=1

# AES and SHA of mbedtls for cryptolib and hashlib.
CFLAGS += -DMICROPY_SSL_MBEDTLS=1 -DMBEDTLS_CONFIG_FILE='"nightlatch_mbedtls.h"' -I$(TOP)/lib/mbedtls/include
SRC_THIRDPARTY_C += $(addprefix lib/mbedtls/library/,aes.c constant_time.c md5.c platform_util.c sha1.c sha256.c)
