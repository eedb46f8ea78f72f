// SPDX-License-Identifier: MIT
// A clock that the bench owns. Where $NIGHTLATCH_CLOCK names a socket (SOCK_SEQPACKET), time stands still while the agent works
// and moves when the bench says so; without it, time is the machine's. The linker puts these functions in the place of the C
// library's (mpconfigvariant.mk), so MicroPython's sources stay as they are. The other end: tests/clock.
//
// The bench asks: a number (u32) and the time in microseconds (u64). The agent answers a question when it has nothing to read
// and nothing to do: the number, and when it wants to be woken (u64; all ones: never). Byte order is this machine's.
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NEVER (UINT64_MAX)
// Who looks at the clock in a loop until it moves would wait for ever: after so many looks each moves it a little.
#define PATIENT (500)
#define CREEP_US (20)

// A 32-bit program whose time has 64 bits calls other names than its source shows.
#if defined(__USE_TIME_BITS64) && __TIMESIZE == 32
#define WRAP_CLOCK __wrap___clock_gettime64
#define REAL_CLOCK __real___clock_gettime64
#define WRAP_SELECT __wrap___select64
#define REAL_SELECT __real___select64
#else
#define WRAP_CLOCK __wrap_clock_gettime
#define REAL_CLOCK __real_clock_gettime
#define WRAP_SELECT __wrap_select
#define REAL_SELECT __real_select
#endif

int __real_poll(struct pollfd *fds, nfds_t count, int ms);
int __real_usleep(useconds_t us);
unsigned __real_sleep(unsigned seconds);
int REAL_CLOCK(clockid_t id, struct timespec *to);
int REAL_SELECT(int count, fd_set *r, fd_set *w, fd_set *x, struct timeval *limit);

typedef struct __attribute__((packed)) { uint32_t number; uint64_t us; } word_t;

static enum { UNKNOWN, MACHINES, BENCHS } owner = UNKNOWN;
static int line = -1;
static uint64_t now_us;
static uint32_t owed; // the question to answer, 0: none
static unsigned looks;

// Takes in a question and the time that it tells; false where there is none.
static bool hear(int flags) {
    word_t word;
    if (recv(line, &word, sizeof(word), flags) != sizeof(word)) {
        return false;
    }
    owed = word.number;
    if (word.us > now_us) {
        now_us = word.us;
        looks = 0;
    }
    return true;
}

static void give_up(void) {
    close(line);
    owner = MACHINES;
}

// Whether the bench owns the time. The first call connects, and waits until it was told the time.
static bool owned(void) {
    if (owner != UNKNOWN) {
        return owner == BENCHS;
    }
    owner = MACHINES;
    const char *path = getenv("NIGHTLATCH_CLOCK");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (!path || strlen(path) >= sizeof(address.sun_path)) {
        return false;
    }
    strcpy(address.sun_path, path);
    line = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (line < 0) {
        return false;
    }
    owner = BENCHS;
    if (connect(line, (struct sockaddr *)&address, sizeof(address)) < 0 || !hear(0)) {
        give_up();
    }
    return owner == BENCHS;
}

static int ms_until(uint64_t end) {
    if (end == NEVER) {
        return -1;
    }
    return end > now_us ? (int)((end - now_us + 999) / 1000) : 0;
}

// poll() up to a moment of the bench's time. What is ready comes first; an answer to the bench says that nothing is.
static int wait_until(struct pollfd *fds, nfds_t count, uint64_t end) {
    for (;;) {
        int ready = __real_poll(fds, count, 0);
        if (ready != 0 || now_us >= end) {
            return ready;
        }
        if (owed) {
            word_t word = { owed, end };
            owed = 0;
            send(line, &word, sizeof(word), MSG_NOSIGNAL);
        }
        struct pollfd all[count + 1];
        if (count) {
            memcpy(all, fds, count * sizeof(*fds));
        }
        all[count] = (struct pollfd) { .fd = line, .events = POLLIN };
        ready = __real_poll(all, count + 1, -1);
        if (ready < 0) {
            return ready;
        }
        if (all[count].revents) {
            if (!hear(0)) { // the bench is gone
                give_up();
                return __real_poll(fds, count, ms_until(end));
            }
            while (hear(MSG_DONTWAIT)) {
            }
        }
    }
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int ms) {
    if (!owned()) {
        return __real_poll(fds, count, ms);
    }
    while (hear(MSG_DONTWAIT)) { // time first, then what came at that time
    }
    return wait_until(fds, count, ms < 0 ? NEVER : now_us + (uint64_t)ms * 1000);
}

static void pass(uint64_t us) {
    while (hear(MSG_DONTWAIT)) {
    }
    wait_until(NULL, 0, now_us + us);
}

int WRAP_CLOCK(clockid_t id, struct timespec *to) {
    if (id != CLOCK_MONOTONIC || !owned()) {
        return REAL_CLOCK(id, to);
    }
    if (++looks > PATIENT) {
        now_us += CREEP_US;
    }
    to->tv_sec = now_us / 1000000;
    to->tv_nsec = now_us % 1000000 * 1000;
    return 0;
}

int __wrap_usleep(useconds_t us) {
    if (!owned()) {
        return __real_usleep(us);
    }
    pass(us);
    return 0;
}

unsigned __wrap_sleep(unsigned seconds) {
    if (!owned()) {
        return __real_sleep(seconds);
    }
    pass((uint64_t)seconds * 1000000);
    return 0;
}

// time.sleep() of MicroPython is a select() without files.
int WRAP_SELECT(int count, fd_set *r, fd_set *w, fd_set *x, struct timeval *limit) {
    if (count || !limit || !owned()) {
        return REAL_SELECT(count, r, w, x, limit);
    }
    pass((uint64_t)limit->tv_sec * 1000000 + limit->tv_usec);
    return 0;
}
