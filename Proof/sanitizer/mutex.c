// What ThreadSanitizer has to know of Swift's Mutex.
//
// Taking a free Mutex is compiled into the caller, where the sanitizer sees it. Waiting for one that is held, and waking who
// waits, are two functions of libswiftSynchronization, which is not built with the sanitizer: without this, what a thread did
// before it let go would not be known to have happened before what the next one does. Loaded by LD_PRELOAD, both do what
// they did and say so. The names are those of Swift 6.3 on Linux; were they others, the races would be back.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

typedef SWIFT void LockSlow(uint32_t thread, SELF handle);
typedef SWIFT void UnlockSlow(SELF handle);

static void tell(const char *name, void *handle) {
    void (*function)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, name);
    if (function) function(handle);
}

SWIFT void lockSlow(uint32_t thread, SELF handle) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT void unlockSlow(SELF handle) __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");

SWIFT void lockSlow(uint32_t thread, SELF handle) {
    static LockSlow *real;
    if (!real) real = (LockSlow *)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
    real(thread, handle);
    tell("__tsan_acquire", handle);
}

SWIFT void unlockSlow(SELF handle) {
    static UnlockSlow *real;
    if (!real) real = (UnlockSlow *)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
    tell("__tsan_release", handle);
    real(handle);
}
