#define _GNU_SOURCE
#include "raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 400, REPLY = 100, ROOM = 1 << 20, BLOCK = 512 };

struct raw_delivery {
    int here, there;
    int files[2];
    pthread_t receiver;
};

static void fail(const char *what) {
    fprintf(stderr, "abscope-bench: %s: %s\n", what, strerror(errno));
    exit(74);
}

/* Whether all of it came; 0 at the end of the connection. */
static int take(int socket, uint8_t *bytes, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t count = recv(socket, bytes + done, length - done, 0);
        if (count == 0) return 0;
        if (count < 0) fail("recv");
        done += (size_t)count;
    }
    return 1;
}

static void give(int socket, const uint8_t *bytes, size_t length) {
    if (send(socket, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) fail("send");
}

static void *receive(void *context) {
    struct raw_delivery *delivery = context;
    uint8_t message[MESSAGE] = {0};
    uint8_t block[BLOCK] = {0};
    for (off_t offset = 0; take(delivery->there, message, MESSAGE); offset = (offset + BLOCK) % ROOM) {
        memcpy(block, message, MESSAGE);
        for (int index = 0; index < 2; index++) {
            if (pwrite(delivery->files[index], block, BLOCK, offset) != BLOCK) fail("pwrite");
            if (fdatasync(delivery->files[index]) != 0) fail("fdatasync");
        }
        give(delivery->there, message, REPLY);
    }
    return NULL;
}

static int file(const char *directory, int number) {
    char path[4096];
    snprintf(path, sizeof path, "%s/delivery-%d", directory, number);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || unlink(path) != 0) fail(path);
    errno = posix_fallocate(file, 0, ROOM);
    if (errno != 0 || fdatasync(file) != 0) fail("posix_fallocate");
    return file;
}

struct raw_delivery *raw_delivery_begin(const char *directory) {
    struct raw_delivery *delivery = calloc(1, sizeof *delivery);
    if (delivery == NULL) fail("calloc");
    for (int index = 0; index < 2; index++) delivery->files[index] = file(directory, index);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 1) != 0
        || getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        fail("listen");
    delivery->here = socket(AF_INET, SOCK_STREAM, 0);
    if (delivery->here < 0 || connect(delivery->here, (struct sockaddr *)&address, length) != 0) fail("connect");
    delivery->there = accept(listener, NULL, NULL);
    if (delivery->there < 0) fail("accept");
    close(listener);
    int one = 1;
    setsockopt(delivery->here, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(delivery->there, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    errno = pthread_create(&delivery->receiver, NULL, receive, delivery);
    if (errno != 0) fail("pthread_create");
    return delivery;
}

double raw_deliver(struct raw_delivery *delivery) {
    uint8_t message[MESSAGE] = {1};
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    give(delivery->here, message, MESSAGE);
    if (!take(delivery->here, message, REPLY)) fail("recv");
    clock_gettime(CLOCK_MONOTONIC, &end);
    return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

void raw_delivery_end(struct raw_delivery *delivery) {
    close(delivery->here);
    pthread_join(delivery->receiver, NULL);
    close(delivery->there);
    for (int index = 0; index < 2; index++) close(delivery->files[index]);
    free(delivery);
}
