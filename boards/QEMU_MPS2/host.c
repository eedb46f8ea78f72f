// SPDX-License-Identifier: MIT
// Files of the host through ARM semihosting.
#include "mps2.h"

intptr_t mps2_host(int operation, const void *words) {
    register intptr_t r0 __asm__ ("r0") = operation;
    register const void *r1 __asm__ ("r1") = words;
    __asm__ __volatile__ ("bkpt 0xab" : "+r" (r0) : "r" (r1) : "memory");
    return r0;
}

int mps2_open(const char *path, int mode) {
    const uintptr_t words[] = { (uintptr_t)path, mode, strlen(path) };
    return mps2_host(HOST_OPEN, words);
}
bool mps2_seek(int file, size_t at) {
    const uintptr_t words[] = { file, at };
    return mps2_host(HOST_SEEK, words) == 0;
}
bool mps2_read(int file, void *to, size_t size) {
    const uintptr_t words[] = { file, (uintptr_t)to, size };
    return mps2_host(HOST_READ, words) == 0;
}
bool mps2_write(int file, const void *from, size_t size) {
    const uintptr_t words[] = { file, (uintptr_t)from, size };
    return mps2_host(HOST_WRITE, words) == 0;
}

// What qemu was given with -semihosting-config arg=…
const char *mps2_command_line(void) {
    static char line[512];
    uintptr_t words[] = { (uintptr_t)line, sizeof(line) };
    if (mps2_host(HOST_COMMAND_LINE, words) != 0) {
        line[0] = 0;
    }
    return line;
}
