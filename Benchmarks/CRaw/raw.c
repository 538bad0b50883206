#define _GNU_SOURCE
/* SHA256_* is what a C program would use for many small hashes; OpenSSL 3 calls it deprecated. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "raw.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

static void fail(const char *what) {
    fprintf(stderr, "abscope-bench: %s: %s\n", what, strerror(errno));
    exit(74);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Length of the entry at `bytes` with its length field. */
static size_t framed(const uint8_t *bytes) {
    return 4 + ((size_t)bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24);
}

static void advance(uint8_t digest[SHA256_DIGEST_LENGTH], const uint8_t *entry, size_t length) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, digest, SHA256_DIGEST_LENGTH);
    SHA256_Update(&context, entry, length);
    SHA256_Final(digest, &context);
}

static int create(const char *path) {
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0) fail(path);
    return file;
}

static void finish(int file, const char *path) {
    if (close(file) != 0 || unlink(path) != 0) fail(path);
}

static void put(int file, const uint8_t *bytes, size_t length, size_t offset) {
    if (pwrite(file, bytes, length, (off_t)offset) != (ssize_t)length) fail("pwrite");
    if (fdatasync(file) != 0) fail("fdatasync");
}

double raw_append(const char *path, const uint8_t *entries, size_t length, size_t batch) {
    int file = create(path);
    errno = posix_fallocate(file, 0, (off_t)length);
    if (errno != 0 || fdatasync(file) != 0) fail("posix_fallocate");
    double start = now();
    size_t offset = 0;
    while (offset < length) {
        size_t end = offset;
        for (size_t count = 0; count < batch && end < length; count++) end += framed(entries + end);
        put(file, entries + offset, end - offset, offset);
        offset = end;
    }
    double seconds = now() - start;
    finish(file, path);
    return seconds;
}

double raw_import(const char *path, const uint8_t *entries, size_t length, size_t piece) {
    int file = create(path);
    uint8_t digest[SHA256_DIGEST_LENGTH] = {0};
    double start = now();
    size_t offset = 0;
    while (offset < length) {
        size_t end = offset;
        while (end < length) {
            size_t next = framed(entries + end);
            if (end + next - offset > piece) break;
            advance(digest, entries + end, next);
            end += next;
        }
        put(file, entries + offset, end - offset, offset);
        offset = end;
    }
    double seconds = now() - start;
    finish(file, path);
    return seconds;
}

double raw_deflate(const uint8_t *entries, size_t length, size_t block, int level, uint64_t *stored) {
    z_stream stream = {0};
    if (deflateInit2(&stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) fail("deflateInit2");
    size_t room = deflateBound(&stream, block);
    uint8_t *output = malloc(room);
    if (output == NULL) fail("malloc");
    *stored = 0;
    double start = now();
    size_t offset = 0;
    while (offset < length) {
        size_t end = offset + framed(entries + offset);
        while (end < length && end + framed(entries + end) - offset <= block) end += framed(entries + end);
        if (deflateReset(&stream) != Z_OK) fail("deflateReset");
        stream.next_in = (uint8_t *)entries + offset;
        stream.avail_in = (uInt)(end - offset);
        stream.next_out = output;
        stream.avail_out = (uInt)room;
        if (deflate(&stream, Z_FINISH) != Z_STREAM_END) fail("deflate");
        *stored += room - stream.avail_out;
        offset = end;
    }
    double seconds = now() - start;
    deflateEnd(&stream);
    free(output);
    return seconds;
}

/* What all inflating shares: one stream and room for the largest block. */
struct inflater {
    z_stream stream;
    const struct raw_streams *streams;
    uint8_t *output;
    uint8_t digest[SHA256_DIGEST_LENGTH];
};

static void begin(struct inflater *inflater, const struct raw_streams *streams) {
    memset(inflater, 0, sizeof *inflater);
    inflater->streams = streams;
    size_t room = 1;
    for (size_t index = 0; index < streams->count; index++)
        if (streams->raw_lengths[index] > room) room = streams->raw_lengths[index];
    inflater->output = malloc(room);
    if (inflater->output == NULL || inflateInit2(&inflater->stream, -15) != Z_OK) fail("inflateInit2");
}

static void end(struct inflater *inflater) {
    inflateEnd(&inflater->stream);
    free(inflater->output);
}

static void inflate_one(struct inflater *inflater, const uint8_t *bytes, uint32_t length, uint32_t raw_length) {
    if (inflateReset(&inflater->stream) != Z_OK) fail("inflateReset");
    if (inflateSetDictionary(&inflater->stream, inflater->streams->dictionary, inflater->streams->dictionary_length) != Z_OK)
        fail("inflateSetDictionary");
    inflater->stream.next_in = (uint8_t *)bytes;
    inflater->stream.avail_in = length;
    inflater->stream.next_out = inflater->output;
    inflater->stream.avail_out = raw_length;
    if (inflate(&inflater->stream, Z_FINISH) != Z_STREAM_END || inflater->stream.avail_out != 0) fail("inflate");
}

double raw_inflate(const struct raw_streams *streams) {
    struct inflater inflater;
    begin(&inflater, streams);
    double start = now();
    for (size_t index = 0; index < streams->count; index++)
        inflate_one(
            &inflater, streams->bytes + streams->offsets[index], streams->lengths[index], streams->raw_lengths[index]);
    double seconds = now() - start;
    end(&inflater);
    return seconds;
}

double raw_inflate_and_hash(const struct raw_streams *streams) {
    struct inflater inflater;
    begin(&inflater, streams);
    double start = now();
    for (size_t index = 0; index < streams->count; index++) {
        uint32_t length = streams->raw_lengths[index];
        inflate_one(&inflater, streams->bytes + streams->offsets[index], streams->lengths[index], length);
        for (size_t offset = 0; offset < length;) {
            size_t next = framed(inflater.output + offset);
            advance(inflater.digest, inflater.output + offset, next);
            offset += next;
        }
    }
    double seconds = now() - start;
    end(&inflater);
    return seconds;
}

double raw_read_and_inflate(const char *path, const struct raw_streams *streams, const uint32_t *numbers, size_t count) {
    struct inflater inflater;
    begin(&inflater, streams);
    int file = open(path, O_RDONLY);
    if (file < 0) fail(path);
    size_t room = 1;
    for (size_t index = 0; index < streams->count; index++)
        if (streams->lengths[index] > room) room = streams->lengths[index];
    uint8_t *input = malloc(room);
    if (input == NULL) fail("malloc");
    double start = now();
    for (size_t index = 0; index < count; index++) {
        uint32_t number = numbers[index];
        uint32_t length = streams->lengths[number];
        if (pread(file, input, length, (off_t)streams->offsets[number]) != (ssize_t)length) fail("pread");
        inflate_one(&inflater, input, length, streams->raw_lengths[number]);
    }
    double seconds = now() - start;
    free(input);
    close(file);
    end(&inflater);
    return seconds;
}
