// SPDX-License-Identifier: MIT
// The part of mbedtls that cryptolib and hashlib use: block cipher and hashes, no TLS, no entropy.

#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_CIPHER_MODE_CBC
#define MBEDTLS_CIPHER_MODE_CTR
#define MBEDTLS_MD_C
#define MBEDTLS_MD5_C
#define MBEDTLS_NO_PLATFORM_ENTROPY
#define MBEDTLS_SHA1_C
#define MBEDTLS_SHA224_C
#define MBEDTLS_SHA256_C
