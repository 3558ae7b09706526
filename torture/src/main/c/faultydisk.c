/*
 * faultydisk: a preload library that makes a disk fail on demand, and threads, as on a machine that has no more of them.
 *
 * A process that starts with LD_PRELOAD naming it and FAULTYDISK_CONTROL naming a control file maps that file. Its rules say
 * which calls, on files whose path holds a text, fail, write less than they were asked to, or take their time. Another process
 * changes the rules while this one runs, and reads what struck. Without a control file nothing is changed.
 *
 * The control file is RULES_MAX rules of 512 bytes, in the byte order of the machine:
 *
 *   0       4       8       12          16      24      32         40     48       56            64        72    80
 *   +-------+-------+-------+-----------+-------+-------+----------+------+--------+-------------+---------+-----+----------+
 *   | armed | calls | errno | short     | after | times | delay ms | seen | struck | first mono. | last    | 0   | path 256 |
 *   |       |       |       | writes    |       |       |          |      |        | ns          | mono ns |     |          |
 *   +-------+-------+-------+-----------+-------+-------+----------+------+--------+-------------+---------+-----+----------+
 *
 * The writer fills a rule and sets armed last; 0 disarms it. The first `after` calls that fit go through, the next `times` are
 * struck. A struck call waits `delay ms`, then fails with errno, or, with short writes, writes half, or, with neither, is done.
 * The first armed rule that strikes counts. seen, struck and the two times are written by the library.
 *
 * Programs that look symbols up at run time (the JVM's bridges to C do) get the library's own from dlsym as well.
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { RULES_MAX = 8, RULE_BYTES = 512, TEXT_BYTES = 256, LINK_BYTES = 4096 };

/* Kinds of calls, as bits of a rule. */
enum { CALL_SYNC = 1, CALL_WRITE = 2, CALL_TRUNCATE = 4, CALL_ALLOCATE = 8, CALL_MSYNC = 16, CALL_THREAD = 32 };

struct rule {
    _Atomic uint32_t armed;
    uint32_t calls;
    int32_t error;
    uint32_t short_writes;
    uint64_t after;
    uint64_t times;
    uint64_t delay_ms;
    _Atomic uint64_t seen;
    _Atomic uint64_t struck;
    _Atomic uint64_t first_ns;
    _Atomic uint64_t last_ns;
    uint64_t unused;
    char path[TEXT_BYTES];
    char padding[RULE_BYTES - 80 - TEXT_BYTES];
};

_Static_assert(sizeof(struct rule) == RULE_BYTES, "the layout is the one that the comment draws");
_Static_assert(offsetof(struct rule, path) == 80, "the layout is the one that the comment draws");

/* What a call has to do. */
struct verdict {
    int error;
    int is_short;
};

static struct rule *rules;

__attribute__((constructor)) static void map_rules(void) {
    const char *path = getenv("FAULTYDISK_CONTROL");
    if (path == NULL) {
        return;
    }
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        fprintf(stderr, "faultydisk: cannot open %s\n", path);
        abort();
    }
    void *mapped = mmap(NULL, (size_t)RULES_MAX * RULE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED) {
        fprintf(stderr, "faultydisk: cannot map %s\n", path);
        abort();
    }
    rules = mapped;
}

static uint64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void wait_ms(uint64_t ms) {
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000L};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
        /* the rest of it */
    }
}

/* Looks a call up in the rules and waits as long as they say. The descriptor's path is asked for only if a rule wants the call. */
static struct verdict judge(uint32_t call, int fd) {
    struct verdict verdict = {0, 0};
    char path[LINK_BYTES] = "";
    if (rules == NULL) {
        return verdict;
    }
    for (int i = 0; i < RULES_MAX; i++) {
        struct rule *rule = &rules[i];
        if (atomic_load_explicit(&rule->armed, memory_order_acquire) == 0 || (rule->calls & call) == 0) {
            continue;
        }
        if (fd >= 0 && path[0] == '\0') {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
            const ssize_t length = readlink(link, path, sizeof path - 1);
            path[length < 0 ? 0 : length] = '\0';
        }
        /* A mapping and a thread have no descriptor: every call fits. */
        if (fd >= 0 && strstr(path, rule->path) == NULL) {
            continue;
        }
        const uint64_t number = atomic_fetch_add(&rule->seen, 1);
        if (number < rule->after || number - rule->after >= rule->times) {
            continue;
        }
        const uint64_t now = monotonic_ns();
        uint64_t never = 0;
        atomic_compare_exchange_strong(&rule->first_ns, &never, now);
        atomic_store(&rule->last_ns, now);
        atomic_fetch_add(&rule->struck, 1);
        wait_ms(rule->delay_ms);
        verdict.error = rule->error;
        verdict.is_short = rule->short_writes != 0;
        return verdict;
    }
    return verdict;
}

/* The function of this name that would have been called without this library. */
static void *next_function(const char *name);

/* POSIX lets dlsym return functions; ISO C has no conversion for it, so the pointer's bytes are copied. */
#define NEXT(type, name)                                                                                                          \
    static type next;                                                                                                             \
    if (next == NULL) {                                                                                                           \
        void *found = next_function(name);                                                                                        \
        memcpy(&next, &found, sizeof next);                                                                                       \
    }

typedef int (*descriptor_call)(int);
typedef ssize_t (*write_call)(int, const void *, size_t);
typedef ssize_t (*pwrite_call)(int, const void *, size_t, off64_t);
typedef int (*truncate_call)(int, off64_t);
typedef int (*fallocate_call)(int, int, off64_t, off64_t);
typedef int (*posix_fallocate_call)(int, off64_t, off64_t);
typedef int (*msync_call)(void *, size_t, int);
typedef int (*pthread_create_call)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

static int fail(int error) {
    errno = error;
    return -1;
}

static size_t allowed(struct verdict verdict, size_t count) {
    return verdict.is_short && count > 1 ? count / 2 : count;
}

int fsync(int fd) {
    NEXT(descriptor_call, "fsync")
    const struct verdict verdict = judge(CALL_SYNC, fd);
    return verdict.error != 0 ? fail(verdict.error) : next(fd);
}

int fdatasync(int fd) {
    NEXT(descriptor_call, "fdatasync")
    const struct verdict verdict = judge(CALL_SYNC, fd);
    return verdict.error != 0 ? fail(verdict.error) : next(fd);
}

int msync(void *address, size_t length, int flags) {
    NEXT(msync_call, "msync")
    const struct verdict verdict = judge(CALL_MSYNC, -1);
    return verdict.error != 0 ? fail(verdict.error) : next(address, length, flags);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    NEXT(write_call, "write")
    const struct verdict verdict = judge(CALL_WRITE, fd);
    return verdict.error != 0 ? fail(verdict.error) : next(fd, bytes, allowed(verdict, count));
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    NEXT(pwrite_call, "pwrite64")
    const struct verdict verdict = judge(CALL_WRITE, fd);
    return verdict.error != 0 ? fail(verdict.error) : next(fd, bytes, allowed(verdict, count), offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    return pwrite64(fd, bytes, count, offset);
}

int ftruncate64(int fd, off64_t length) {
    NEXT(truncate_call, "ftruncate64")
    const struct verdict verdict = judge(CALL_TRUNCATE, fd);
    return verdict.error != 0 ? fail(verdict.error) : next(fd, length);
}

int ftruncate(int fd, off_t length) {
    return ftruncate64(fd, length);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
    NEXT(fallocate_call, "fallocate64")
    const struct verdict verdict = judge(CALL_ALLOCATE, fd);
    return verdict.error != 0 ? fail(verdict.error) : next(fd, mode, offset, length);
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
    return fallocate64(fd, mode, offset, length);
}

/* Returns its error instead of setting errno. */
int posix_fallocate64(int fd, off64_t offset, off64_t length) {
    NEXT(posix_fallocate_call, "posix_fallocate64")
    const struct verdict verdict = judge(CALL_ALLOCATE, fd);
    return verdict.error != 0 ? verdict.error : next(fd, offset, length);
}

int posix_fallocate(int fd, off_t offset, off_t length) {
    return posix_fallocate64(fd, offset, length);
}

/* Returns its error, too. */
int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes, void *(*start)(void *), void *restrict argument) {
    NEXT(pthread_create_call, "pthread_create")
    const struct verdict verdict = judge(CALL_THREAD, -1);
    return verdict.error != 0 ? verdict.error : next(thread, attributes, start, argument);
}

/* The calls that this library stands before. */
static const char *const NAMES[] = {"fsync",      "fdatasync", "msync",       "write",           "pwrite",            "pwrite64", "ftruncate",
                                    "ftruncate64", "fallocate", "fallocate64", "posix_fallocate", "posix_fallocate64", "pthread_create"};

typedef void *(*dlsym_call)(void *, const char *);

static dlsym_call next_dlsym(void) {
    static dlsym_call next;
    if (next == NULL) {
        /* Where it is since glibc 2.34, and where it was before. */
        void *found = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
        if (found == NULL) {
            found = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
        }
        memcpy(&next, &found, sizeof next);
    }
    return next;
}

static void *next_function(const char *name) {
    void *found = next_dlsym()(RTLD_NEXT, name);
    if (found == NULL) {
        abort();
    }
    return found;
}

/* Callers who ask for the next or the default one mean their own place in the order, which a call from here would change. */
void *dlsym(void *restrict handle, const char *restrict name) {
    const dlsym_call next = next_dlsym();
    if (rules != NULL && handle != RTLD_NEXT && handle != RTLD_DEFAULT) {
        for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
            if (strcmp(name, NAMES[i]) == 0) {
                static void *self;
                if (self == NULL) {
                    Dl_info info;
                    if (dladdr((void *)&rules, &info) != 0) {
                        self = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
                    }
                }
                if (self != NULL) {
                    return next(self, name);
                }
            }
        }
    }
    return next(handle, name); /* a tail call: the real one looks at who returns to whom */
}
