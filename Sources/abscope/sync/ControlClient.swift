import Glibc
import SyncProtocol

/// Asks the daemon of a store one question over its control socket: plain calls, for a command must start at once.
enum ControlClient {
    /// The daemon's answer; nil when no daemon runs for this store.
    ///
    /// * request: What to ask.
    /// * path: The socket in the store's folder.
    /// * timeoutSeconds: How long all of it may take.
    /// - Throws: ``Failure`` 77 when the socket belongs to another account, 75 when the daemon does not answer in time,
    ///   69 when it ends instead, 76 when its answer can not be read.
    static func ask(_ request: ControlRequest, at path: String, timeoutSeconds: Int = 10) throws -> ControlReply? {
        let deadline = Deadline(seconds: timeoutSeconds)
        guard let descriptor = try connected(to: path, by: deadline) else { return nil }
        defer { close(descriptor) }
        try send(request.encoded, on: descriptor, by: deadline)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            try deadline.limit(SO_RCVTIMEO, of: descriptor)
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw deadline.failure(errno) }
            bytes += buffer[..<count]
            if let reply = try ControlReply.decode(bytes) { return reply }
            guard count > 0 else {
                throw bytes.isEmpty
                    ? Failure(.unavailable, .daemonEnded, remedy: .daemonDownRemedy)
                    : Failure(.protocolError, .daemonGarbled)
            }
        }
    }

    /// When the daemon must have answered.
    private struct Deadline {
        private let seconds: Int
        private let end: ContinuousClock.Instant

        init(seconds: Int) {
            self.seconds = seconds
            end = .now + .seconds(seconds)
        }

        /// Lets the calls of a socket last no longer.
        ///
        /// * option: `SO_RCVTIMEO`, or `SO_SNDTIMEO`, which is that of `connect` too.
        /// - Throws: ``Failure`` 75 when the time is over.
        func limit(_ option: Int32, of descriptor: Int32) throws {
            let left = (end - .now).components
            guard left.seconds >= 0, left.attoseconds >= 0 else { throw failure(EAGAIN) }
            // 0 would be no limit.
            var limit = timeval(tv_sec: Int(left.seconds), tv_usec: max(1, Int(left.attoseconds / 1_000_000_000_000)))
            let size = socklen_t(MemoryLayout<timeval>.size)
            guard unsafe setsockopt(descriptor, SOL_SOCKET, option, &limit, size) == 0 else { throw failure(errno) }
        }

        /// What an error number of one of these calls means.
        func failure(_ number: Int32) -> Failure {
            number == EAGAIN
                ? Failure(.temporary, .daemonTooLate(seconds))
                : Failure(SystemError.status(number), .daemonUnreachable(SystemError.sentence(number)))
        }
    }

    /// - Returns: nil when there is no socket, or nobody listens on it.
    private static func connected(to path: String, by deadline: Deadline) throws -> Int32? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path) - 1
        guard bytes.count <= capacity else { throw Failure(.configuration, .socketPathTooLong(capacity)) }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
            for (index, byte) in bytes.enumerated() { unsafe place[index] = byte }
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw deadline.failure(errno) }
        do {
            // A daemon that hangs accepts nobody, and with its queue full the call below waits.
            try deadline.limit(SO_SNDTIMEO, of: descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            let number = errno
            close(descriptor)
            if number == ENOENT || number == ECONNREFUSED || number == ENOTDIR { return nil }
            throw deadline.failure(number)
        }
        return descriptor
    }

    private static func send(_ bytes: [UInt8], on descriptor: Int32, by deadline: Deadline) throws {
        var done = 0
        while done < bytes.count {
            try deadline.limit(SO_SNDTIMEO, of: descriptor)
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor,
                    buffer.baseAddress.unsafelyUnwrapped + done,
                    buffer.count - done,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count >= 0 { done += count } else if errno != EINTR { throw deadline.failure(errno) }
        }
    }
}
