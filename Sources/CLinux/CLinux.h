/* Calls of glibc that Swift's Glibc module leaves out: those behind _GNU_SOURCE, and two small headers. The prototypes
   are glibc's own (fcntl.h, malloc.h, stdio.h, sys/stat.h); nothing is implemented here. */
#pragma once

#include <linux/stat.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/timex.h>
#include <sys/types.h>
#include <sys/vfs.h>

extern int fallocate(int descriptor, int mode, off_t offset, off_t length);
extern int renameat2(int old_directory, const char *old_path, int new_directory, const char *new_path, unsigned int flags);

extern int sync_file_range(int descriptor, off_t offset, off_t length, unsigned int flags);

extern int statx(int directory, const char *path, int flags, unsigned int mask, struct statx *found);

/* 1 when the value was taken. */
extern int mallopt(int parameter, int value);

/* malloc.h: what is at least so long is a mapping of its own, and so many heaps there are at most. */
static const int MMAP_THRESHOLD_PARAMETER = -3;
static const int ARENAS_MAXIMUM_PARAMETER = -8;

/* fcntl.h: the path is empty, the descriptor is meant. */
static const int AT_EMPTY_PATH_FLAG = 0x1000;

/* linux/fs.h: do not replace what is there. */
static const unsigned int RENAME_NOREPLACE_FLAG = 1;

/* linux/fs.h: begin to write, wait for nothing. */
static const unsigned int START_WRITING_FLAG = 2;

/* Flags that glibc's headers define as enumerations, as the plain numbers the calls take. */
static const int EVENTFD_FLAGS = EFD_CLOEXEC | EFD_NONBLOCK;
static const int INOTIFY_FLAGS = IN_CLOEXEC | IN_NONBLOCK;

/* sys/timex.h: what adjtimex says of a clock that nothing keeps right. */
static const int CLOCK_NOT_SYNCHRONIZED = TIME_ERROR;
static const int CLOCK_STATUS_UNSYNCHRONIZED = STA_UNSYNC;

/* linux/tcp.h: what TCP_INFO says of a connection, under another name, for netinet/tcp.h ends its own struct tcp_info before
   these counts. Longer only ever at the end; all of it since Linux 4.19. */
struct link_counts {
    unsigned char state[56];
    /* Since the other end last acknowledged anything, be it what keeps the connection alive. */
    unsigned int silent_milliseconds;
    unsigned int sizes[2];
    /* Smoothed, from a packet's leaving this machine to its acknowledgement; 0 before there was one. */
    unsigned int round_trip_microseconds;
    unsigned char limits[32];
    unsigned long long pacing_rates[2];
    unsigned long long bytes_acknowledged;
    unsigned long long bytes_received;
    unsigned int segments_sent;
    unsigned int segments_received;
    unsigned int not_sent_bytes;
    /* Of the last five minutes; all bits set before there was one. */
    unsigned int least_round_trip_microseconds;
    unsigned int data_segments[2];
    unsigned long long delivery[4];
    unsigned int delivered[2];
    /* With those that were sent again. */
    unsigned long long bytes_sent;
};
