import Glibc
import SyncProtocol

/// Asks the daemon of a store one question over its control socket: plain calls, for a command must start at once.
enum ControlClient {
    /// The daemon's answer; nil when no daemon runs for this store.
    ///
    /// * request: What to ask.
    /// * path: The socket in the store's folder.
    /// * timeoutSeconds: How long to wait for the answer.
    /// - Throws: ``Failure`` 77 when the socket belongs to another account, 75 when the daemon does not answer in time,
    ///   69 when it ends instead, 76 when its answer can not be read.
    static func ask(_ request: ControlRequest, at path: String, timeoutSeconds: Int = 10) throws -> ControlReply? {
        guard let descriptor = try connected(to: path) else { return nil }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        try send(request.encoded, on: descriptor, timeoutSeconds)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw late(timeoutSeconds) }
            bytes += buffer[..<count]
            if let reply = try ControlReply.decode(bytes) { return reply }
            guard count > 0 else {
                throw bytes.isEmpty
                    ? Failure(.unavailable, .daemonEnded, remedy: .daemonDownRemedy)
                    : Failure(.protocolError, .daemonGarbled)
            }
        }
    }

    private static func late(_ timeoutSeconds: Int = 0) -> Failure {
        errno == EAGAIN
            ? Failure(.temporary, .daemonTooLate(timeoutSeconds))
            : Failure(SystemError.status(errno), .daemonUnreachable(SystemError.sentence(errno)))
    }

    /// - Returns: nil when there is no socket, or nobody listens on it.
    private static func connected(to path: String) throws -> Int32? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path) - 1
        guard bytes.count <= capacity else { throw Failure(.configuration, .socketPathTooLong(capacity)) }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
            for (index, byte) in bytes.enumerated() { unsafe place[index] = byte }
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw late() }
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            let number = errno
            close(descriptor)
            if number == ENOENT || number == ECONNREFUSED || number == ENOTDIR { return nil }
            throw Failure(SystemError.status(number), .daemonUnreachable(SystemError.sentence(number)))
        }
        return descriptor
    }

    private static func send(_ bytes: [UInt8], on descriptor: Int32, _ timeoutSeconds: Int) throws {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor,
                    buffer.baseAddress.unsafelyUnwrapped + done,
                    buffer.count - done,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count >= 0 { done += count } else if errno != EINTR { throw late(timeoutSeconds) }
        }
    }
}
