import CLinux
import Glibc
import Synchronization

/// Tells a blocking thread that a file changed: the daemon waits on HEADS with it.
///
/// Uses inotify; where the kernel gives none (too many watches, a file system without notices) it says "look again" once
/// per interval instead. A notice may come without a change and one notice may stand for many changes, so the caller
/// always looks at the file itself; but no change goes without a later notice: the watch is in place when the
/// initializer returns, so read the file after making the watcher and before the first wait.
///
/// One thread waits at a time; ``close()`` may be called from any other.
package final class ChangeWatcher: Sendable {
    /// Why a wait ended.
    package enum Notice: Sendable, Hashable {
        /// The file may have changed: look.
        case changed
        /// The file's name was removed or given to another file: look, and make a new watcher for the new file.
        case replaced
        /// Nothing happened in the time given.
        case timedOut
        /// ``close()`` was called; every later wait ends so too.
        case closed
    }

    /// How changes are learned.
    package enum Method: Sendable, Hashable {
        case notices
        /// A look every so many milliseconds.
        case polling(intervalMilliseconds: Int)
    }

    /// How this watcher learns of changes.
    package let method: Method
    /// The file watched.
    package let path: String

    private let notices: Int32
    private let closing: Int32
    private let lastLook: Mutex<UInt64>

    /// Starts watching; changes from now on end the next wait.
    ///
    /// - Parameters:
    ///   - path: An existing file.
    ///   - pollIntervalMilliseconds: How often to look where the kernel gives no notices.
    ///   - polls: True to look from time to time in any case.
    /// - Throws: `.notFound`, `.permissionDenied`; `.exhausted` when the process has no file handles left.
    package init(
        _ path: String,
        pollIntervalMilliseconds: Int = 1_000,
        polls: Bool = false
    ) throws(StorageError) {
        precondition(pollIntervalMilliseconds > 0, "a poll interval is positive")
        let polling = Method.polling(intervalMilliseconds: pollIntervalMilliseconds)
        let descriptor = polls ? nil : try Self.watch(path)
        if descriptor == nil, try !LinuxFileSystem().exists(path) {
            throw StorageError(systemCall: "lstat", errno: ENOENT, path: path)
        }
        let event = eventfd(0, EVENTFD_FLAGS)
        guard event >= 0 else {
            let failure = SystemCall.failure("eventfd", path)
            if let descriptor { Glibc.close(descriptor) }
            throw failure
        }
        self.path = path
        self.method = descriptor == nil ? polling : .notices
        self.notices = descriptor ?? -1
        self.closing = event
        self.lastLook = Mutex(SystemClock().steadyNanoseconds())
    }

    deinit {
        if notices >= 0 { Glibc.close(notices) }
        Glibc.close(closing)
    }

    /// Blocks the calling thread until the file changed, the time is over, or the watcher was closed.
    ///
    /// - Parameter timeoutMilliseconds: The longest wait; nil for no limit.
    /// - Returns: Why the wait ended.
    /// - Throws: `.inputOutput` when the kernel refuses to wait.
    package func wait(timeoutMilliseconds: Int? = nil) throws(StorageError) -> Notice {
        let start = SystemClock().steadyNanoseconds()
        let deadline = timeoutMilliseconds.map { start + UInt64(max(0, $0)) * 1_000_000 }
        while true {
            let now = SystemClock().steadyNanoseconds()
            var next = deadline
            if case .polling(let interval) = method {
                let look = lastLook.withLock { $0 } + UInt64(interval) * 1_000_000
                if now >= look {
                    lastLook.withLock { $0 = now }
                    return isClosed ? .closed : .changed
                }
                next = min(deadline ?? look, look)
            }
            let pause = next.map { $0 > now ? Int32(clamping: ($0 - now + 999_999) / 1_000_000) : 0 } ?? -1
            let ready = try poll(milliseconds: pause)
            if ready.closing { return .closed }
            if ready.notices, let notice = try drain() { return notice }
            if let deadline, SystemClock().steadyNanoseconds() >= deadline { return .timedOut }
        }
    }

    /// Ends the present wait and all later ones.
    package func close() {
        var one: UInt64 = 1
        // The only way to fail is a counter that is full, and then every wait ends already.
        _ = unsafe Glibc.write(closing, &one, 8)
    }

    private var isClosed: Bool {
        var one = pollfd(fd: closing, events: Int16(POLLIN), revents: 0)
        return unsafe Glibc.poll(&one, 1, 0) > 0
    }

    private func poll(milliseconds: Int32) throws(StorageError) -> (closing: Bool, notices: Bool) {
        var waiting = [pollfd(fd: closing, events: Int16(POLLIN), revents: 0)]
        if notices >= 0 { waiting.append(pollfd(fd: notices, events: Int16(POLLIN), revents: 0)) }
        let count = nfds_t(waiting.count)
        let result = unsafe waiting.withUnsafeMutableBufferPointer { buffer in
            unsafe Glibc.poll(buffer.baseAddress, count, milliseconds)
        }
        // A signal ends the wait early; the caller computes the rest and waits again.
        if result < 0, errno != EINTR { throw SystemCall.failure("poll", path) }
        guard result > 0 else { return (false, false) }
        return (waiting[0].revents != 0, waiting.count > 1 && waiting[1].revents != 0)
    }

    /// Takes every notice that has gathered.
    private func drain() throws(StorageError) -> Notice? {
        var notice: Notice?
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(notices, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EAGAIN { return notice }
                if errno == EINTR { continue }
                throw SystemCall.failure("read", path)
            }
            var offset = 0
            while offset + 16 <= count {
                // struct inotify_event: wd (4), mask (4), cookie (4), name length (4), name.
                let mask = Self.word(buffer, offset + 4)
                let gone = UInt32(IN_IGNORED) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_UNMOUNT)
                if mask & gone != 0 { notice = .replaced } else if notice == nil { notice = .changed }
                offset += 16 + Int(Self.word(buffer, offset + 12))
            }
        }
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        // The kernel writes in the byte order of the machine, which is little-endian on all we build for.
        (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }

    /// An inotify descriptor that watches the file, or nil where the kernel gives none.
    private static func watch(_ path: String) throws(StorageError) -> Int32? {
        let descriptor = inotify_init1(INOTIFY_FLAGS)
        if descriptor < 0 {
            if errno == EMFILE || errno == ENFILE || errno == ENOSYS { return nil }
            throw SystemCall.failure("inotify_init1", path)
        }
        let wanted = UInt32(IN_MODIFY) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_ATTRIB)
        guard unsafe inotify_add_watch(descriptor, path, wanted) < 0 else { return descriptor }
        let number = errno
        Glibc.close(descriptor)
        if number == ENOSPC || number == ENOMEM || number == EOPNOTSUPP { return nil }
        throw StorageError(systemCall: "inotify_add_watch", errno: number, path: path)
    }
}
