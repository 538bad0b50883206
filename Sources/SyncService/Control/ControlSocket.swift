package import NIOCore
import NIOPosix
package import Schema
import StoreIO

/// The Unix socket in the store through which the command line asks the daemon: one request and one reply a connection.
///
/// Only processes of the daemon's own account are answered; others are closed without a word.
package struct ControlSocket: Sendable {
    /// Longest path of a Unix socket on Linux, in bytes (`sun_path`, without its final zero).
    package static let pathBytesMaximum = 107
    /// Answers one request. Called once a connection; cancelled when the asker goes away.
    package typealias Answer = @Sendable (WireControlRequest) async -> WireControlReply

    private let path: String
    private let userID: UInt32
    private let requestMilliseconds: Int64
    private let answer: Answer

    /// - Parameters:
    ///   - path: Where the socket is made; what an earlier daemon left there is replaced, so hold ``DaemonLock`` first.
    ///   - userID: The only account that is answered.
    ///   - requestMilliseconds: How long a request may take to arrive, and its answer to be taken.
    ///   - answer: Answers a request.
    package init(path: String, userID: UInt32, requestMilliseconds: Int64 = 5_000, answer: @escaping Answer) {
        self.path = path
        self.userID = userID
        self.requestMilliseconds = requestMilliseconds
        self.answer = answer
    }

    /// Makes the socket, mode 0600, and answers from now on.
    ///
    /// - Returns: The listening socket, for ``close(_:)``.
    /// - Throws: `.invalidArgument` when the path is too long for a socket, or something that is no socket lies
    ///   there; what making it met, as of any file.
    package func open() async throws -> any Channel {
        guard path.utf8.count <= Self.pathBytesMaximum else {
            throw StorageError(
                .invalidArgument,
                "The path of the control socket is longer than \(Self.pathBytesMaximum) bytes: move the store up.",
                at: StorageError.Location(path: path)
            )
        }
        try SocketFile.expectReplaceable(path)
        let channel = try await bound()
        do {
            // The folder is 0700, so nobody else can come between the two calls.
            try SocketFile.restrict(path)
        } catch {
            try await channel.close()
            throw error
        }
        return channel
    }

    private func bound() async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 16)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(
                        ControlHandler(userID: userID, requestMilliseconds: requestMilliseconds, answer: answer)
                    )
                }
            }
        do {
            return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        } catch let error as IOError {
            throw StorageError(systemCall: "bind", errno: error.errnoCode, path: path)
        }
    }

    /// Ends the answering of new requests and removes the file.
    ///
    /// - Throws: What removing it met; `IOError`.
    package func close(_ channel: any Channel) async throws {
        var errors = FirstError()
        await errors.of { try await channel.close() }
        await errors.of { try SocketFile.remove(self.path) }
        if let error = errors.error { throw error }
    }
}
