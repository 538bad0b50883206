"""A disk that remembers in which order it was written and flushed.

A FUSE file system of one file for a loop device, served by a process of its own. Every write and every flush of the device
is noted, and so is every line that a writer appends to one of the transcripts beside it: one order for all, which says
what had been acknowledged when which bytes were on the disk. Speaks the kernel's protocol itself; needs root and
/dev/fuse, no library.
"""
import ctypes
import errno
import mmap
import os
import struct

WRITE, FLUSH, LINES = 0, 1, 2
RECORD = struct.Struct("<BIQI")
TRANSCRIPTS = 4
DISK_NODE = 2

libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind, flags=0, data=""):
    if libc.mount(source.encode(), target.encode(), kind.encode(), flags, data.encode()) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"mount {target}: {os.strerror(number)}")


class Recorder:
    """Serves `image` as `folder`/disk and writes down what happens to it in `log`; the image file takes every write."""

    maximum = 1 << 20

    def __init__(self, image, folder, log):
        self.folder = folder
        self.connection = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        mount("abscope-recorder", folder, "fuse", 0,
              f"fd={self.connection},rootmode=40000,user_id=0,group_id=0")
        self.process = os.fork()
        if self.process == 0:
            try:
                self.serve(image, log)
                os._exit(0)
            except BaseException as failure:  # the child must never return into the caller's code
                print(f"recorder: {failure!r}", flush=True)
                os._exit(1)
        os.close(self.connection)

    def end(self):
        """Unmounts, and waits until everything is noted."""
        if libc.umount2(self.folder.encode(), 0) != 0:
            libc.umount2(self.folder.encode(), 2)
        _, status = os.waitpid(self.process, 0)
        if status != 0:
            raise RuntimeError(f"the recorder ended with {status}")

    def disk(self):
        return f"{self.folder}/disk"

    def transcript(self, number):
        return f"{self.folder}/transcript-{number}"

    # What follows runs in the child.

    def serve(self, image, log):
        file = os.open(image, os.O_RDWR)
        self.bytes = mmap.mmap(file, 0)
        self.sizes = {DISK_NODE: len(self.bytes)}
        self.log = open(log, "wb", buffering=1 << 20)
        while True:
            try:
                request = os.read(self.connection, self.maximum + 65536)
            except OSError as failure:
                if failure.errno in (errno.ENODEV, errno.ENOTCONN):
                    break
                if failure.errno in (errno.EINTR, errno.ENOENT, errno.EAGAIN):
                    continue
                raise
            _, operation, unique, node = struct.unpack_from("<IIQQ", request)
            answer = self.answer(operation, node, request, 40)
            if answer is None:
                continue
            code, body = (answer, b"") if isinstance(answer, int) else (0, answer)
            try:
                os.write(self.connection, struct.pack("<IiQ", 16 + len(body), -code, unique) + body)
            except OSError as failure:
                # The one who asked is gone.
                if failure.errno != errno.ENOENT:
                    raise
        self.log.close()

    def note(self, kind, node, offset, data):
        self.log.write(RECORD.pack(kind, node, offset, len(data)))
        self.log.write(data)

    def attributes(self, node):
        mode, size = (0o040700, 0) if node == 1 else (0o100600, self.sizes.get(node, 0))
        return struct.pack("<QQQQQQIIIIIIIIII", node, size, (size + 511) // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0,
                           4096, 0)

    def answer(self, operation, node, request, at):
        if operation == 1:  # LOOKUP
            name = request[at:].split(b"\0")[0].decode()
            names = {"disk": DISK_NODE, **{f"transcript-{n}": DISK_NODE + n for n in range(1, TRANSCRIPTS + 1)}}
            if name not in names:
                return errno.ENOENT
            return struct.pack("<QQQQII", names[name], 0, 3600, 0, 0, 0) + self.attributes(names[name])
        if operation in (2, 42, 36, 38):  # FORGET, BATCH_FORGET, INTERRUPT, DESTROY
            return None
        if operation in (3, 4):  # GETATTR, SETATTR
            return struct.pack("<QII", 0, 0, 0) + self.attributes(node)
        if operation in (14, 27):  # OPEN, OPENDIR; transcripts are not cached
            return struct.pack("<QII", 0, 0 if node <= DISK_NODE else 1, 0)
        if operation == 15:  # READ
            _, offset, size = struct.unpack_from("<QQI", request, at)
            return bytes(self.bytes[offset:offset + size]) if node == DISK_NODE else b""
        if operation == 16:  # WRITE
            _, offset, size = struct.unpack_from("<QQI", request, at)
            data = request[at + 40:at + 40 + size]
            if node == DISK_NODE:
                self.bytes[offset:offset + size] = data
                self.note(WRITE, node, offset, data)
            else:
                self.sizes[node] = self.sizes.get(node, 0) + size
                self.note(LINES, node - DISK_NODE, 0, data)
            return struct.pack("<II", size, 0)
        if operation == 17:  # STATFS
            return struct.pack("<QQQQQIIII24x", 1 << 20, 1 << 20, 1 << 20, 1 << 10, 1 << 10, 4096, 255, 4096, 0)
        if operation == 20:  # FSYNC
            if node == DISK_NODE:
                self.note(FLUSH, node, 0, b"")
            return b""
        if operation in (18, 25, 29):  # RELEASE, FLUSH, RELEASEDIR
            return b""
        if operation == 26:  # INIT
            _, minor, ahead, _ = struct.unpack_from("<IIII", request, at)
            flags = 1 << 5 | 1 << 22  # big writes, and as many pages as max_write takes
            return struct.pack("<IIIIHHIIHHI28x", 7, min(minor, 31), ahead, flags, 16, 12, self.maximum, 1,
                               self.maximum // 4096, 0, 0)
        if operation == 43:  # FALLOCATE: the kernel then writes zeros itself
            return errno.EOPNOTSUPP
        return errno.ENOSYS


def events(log):
    """What a recorder noted: (kind, number of the transcript, offset, bytes), in order."""
    with open(log, "rb") as file:
        content = file.read()
    at, result = 0, []
    while at < len(content):
        kind, number, offset, size = RECORD.unpack_from(content, at)
        at += RECORD.size
        result.append((kind, number, offset, content[at:at + size]))
        at += size
    return result
