# SPDX-License-Identifier: MIT
# 32-bit words lay out the heap as on a microcontroller. Where gcc has no multilib, set-up gives MICROPY_FORCE_32BIT=0.
MICROPY_FORCE_32BIT = 1
MICROPY_PY_BTREE = 0
MICROPY_PY_FFI = 0
MICROPY_PY_SSL = 0
MICROPY_VFS_LFS1 = 0
MICROPY_PY_TERMIOS = 1
FROZEN_MANIFEST ?= $(VARIANT_DIR)/manifest.py

# cryptolib and hashlib take AES and SHA from mbedtls when this C macro is set. The make variable of the same name stays 0:
# it would bring in TLS.
MICROPY_SSL_MBEDTLS = 0
CFLAGS += -DMICROPY_SSL_MBEDTLS=1 -DMBEDTLS_CONFIG_FILE='"nightlatch_mbedtls.h"' -I$(TOP)/lib/mbedtls/include
SRC_THIRDPARTY_C += $(addprefix lib/mbedtls/library/,aes.c constant_time.c md5.c platform_util.c sha1.c sha256.c)

# The real bluetooth module, peripheral role, on the link of blesim.c. Events arrive on the caller's stack.
CFLAGS += -DMICROPY_PY_BLUETOOTH=1
CFLAGS += -DMICROPY_PY_BLUETOOTH_ENABLE_CENTRAL_MODE=0
CFLAGS += -DMICROPY_PY_BLUETOOTH_USE_SYNC_EVENTS=1

# The bench may own the time: clock.c. Which of the names a build calls is a matter of its word size.
LDFLAGS += -Wl,--wrap=poll,--wrap=usleep,--wrap=sleep
LDFLAGS += -Wl,--wrap=clock_gettime,--wrap=__clock_gettime64,--wrap=select,--wrap=__select64
