// SPDX-License-Identifier: MIT
// The registers of mps2-an385 that this board uses (ARM DAI 0385; as qemu's hw/arm/mps2.c has them), and what its files share.
#ifndef NIGHTLATCH_MPS2_H
#define NIGHTLATCH_MPS2_H

#include <stdint.h>
#include <string.h>
#include "py/runtime.h"
#include "py/mphal.h"
#include "py/mperrno.h"

#define REG(address) (*(volatile uint32_t *)(address))

#define COUNTER 0x40000000      // CMSDK timer 0: counts down at 25 MHz, never stopped
#define ALARM 0x40001000        // CMSDK timer 1: CTRL, VALUE, RELOAD, INTSTATUS
#define WATCHDOG 0x40008000     // CMSDK watchdog: LOAD, VALUE, CONTROL, INTCLR; LOCK at C00
#define MICROSECONDS 0x40028018 // FPGAIO counter, and its prescaler
#define PRESCALER 0x4002801c
#define PSRAM 0x21000000        // 16 MB: the flash, then what a measurement may take for a heap
#define PSRAM_HALF 0x800000

#define SYSTICK_CTRL 0xE000E010
#define SYSTICK_LOAD 0xE000E014
#define SYSTICK_VALUE 0xE000E018
#define NVIC_ENABLE 0xE000E100
#define VTOR 0xE000ED08
#define AIRCR 0xE000ED0C

#define TICKS_PER_MS 25000

enum { UARTS = 5, IRQ_ALARM = 9, VECTORS = 16 + 32 };
enum {
    HOST_OPEN = 0x01, HOST_CLOSE = 0x02, HOST_WRITE = 0x05, HOST_READ = 0x06, HOST_SEEK = 0x0a, HOST_LENGTH = 0x0c, HOST_RENAME = 0x0f,
    HOST_COMMAND_LINE = 0x15, HOST_EXIT = 0x20,
};
enum { MODE_READ = 1, MODE_UPDATE = 3, MODE_CREATE = 7 }; // rb, r+b, w+b

void mps2_reset(void);
uint64_t mps2_us(void);

// ARM semihosting (ARM 100863): the word that came back. What a caller has in `words` depends on the operation.
intptr_t mps2_host(int operation, const void *words);
int mps2_open(const char *path, int mode);
bool mps2_seek(int file, size_t at);
bool mps2_read(int file, void *to, size_t size);
bool mps2_write(int file, const void *from, size_t size);
const char *mps2_command_line(void);

void mps2_uarts_start(uint32_t *vectors);
void mps2_alarm_irq(void);
void mps2_alarm(uint32_t ms, mp_obj_t then);

extern const mp_obj_type_t mps2_uart_type, mps2_flash_type;
#endif
