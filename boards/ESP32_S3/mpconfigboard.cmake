# SPDX-License-Identifier: MIT
# ESP32-S3 with 4 MB of flash or more. No sdkconfig for external RAM: keys stay within the chip.
set(IDF_TARGET esp32s3)

# The path of our partition table is known here and not in a file of settings.
set(NIGHTLATCH_PARTITIONS ${CMAKE_BINARY_DIR}/sdkconfig.partitions)
file(WRITE ${NIGHTLATCH_PARTITIONS}
    "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\"${MICROPY_BOARD_DIR}/partitions.csv\"\n"
)

set(SDKCONFIG_DEFAULTS
    boards/sdkconfig.base
    boards/sdkconfig.usb
    boards/sdkconfig.ble
    ${MICROPY_BOARD_DIR}/sdkconfig.board
    ${NIGHTLATCH_PARTITIONS}
)

set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)
