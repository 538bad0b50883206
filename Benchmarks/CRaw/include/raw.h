/* The limits themselves, in C, to measure Abscope against: the disk, zlib, and SHA-256 of OpenSSL's libcrypto (which,
 * like BoringSSL's in swift-crypto, uses the processor's SHA instructions where there are any).
 *
 * Entries are given as one piece of memory, one behind the other, each with its length in 4 bytes (least significant
 * first) before it; that is how they lie in a block. The chain is hashed entry by entry, h(n) = SHA-256(h(n-1), entry
 * with its length), as Abscope does: what is measured is the same work without everything around it.
 *
 * Every function gives seconds on the steady clock, or ends the program with a sentence: a limit that failed is none. */
#ifndef ABSCOPE_RAW_H
#define ABSCOPE_RAW_H

#include <stddef.h>
#include <stdint.h>

/* Streams of raw deflate that lie in one piece of memory or in one file. */
struct raw_streams {
    const uint8_t *bytes;
    const uint64_t *offsets;
    const uint32_t *lengths;
    const uint32_t *raw_lengths;
    size_t count;
    const uint8_t *dictionary; /* what each stream starts with */
    uint32_t dictionary_length;
};

/* Writes entries, `batch` at a time, to a preallocated file and syncs (fdatasync) after each batch. */
double raw_append(const char *path, const uint8_t *entries, size_t length, size_t batch);

/* Hashes and writes entries, in pieces of at most `piece` bytes each followed by fdatasync. */
double raw_import(const char *path, const uint8_t *entries, size_t length, size_t piece);

/* Compresses entries, packed into blocks of at most `block` raw bytes; `*stored` is what all streams take together. */
double raw_deflate(const uint8_t *entries, size_t length, size_t block, int level, uint64_t *stored);

/* Inflates every stream, one after the other, into the same memory. */
double raw_inflate(const struct raw_streams *streams);

/* The same, and hashes the entries in it, on one thread. */
double raw_inflate_and_hash(const struct raw_streams *streams);

/* Reads streams (`pread`) from a file and inflates them, in the order of `numbers`. `bytes` of `streams` is not used. */
double raw_read_and_inflate(const char *path, const struct raw_streams *streams, const uint32_t *numbers, size_t count);

/* What carrying one entry to another site can not do without: a message on loopback, two syncs (fdatasync) there of a block
   each in preallocated files, and a message back. */
struct raw_delivery;
struct raw_delivery *raw_delivery_begin(const char *directory);
/* Seconds of one. */
double raw_deliver(struct raw_delivery *delivery);
void raw_delivery_end(struct raw_delivery *delivery);

#endif
