import NIOCore
import NIOPosix
import Schema
import StoreIO
import SwiftProtobuf
import SyncService
import Synchronization
import TestSupport
import Testing

@Suite("Control socket", .timeLimit(.minutes(10)))
struct ControlSocketTests {
    private func framed(_ bytes: [UInt8]) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) } + bytes
    }

    private func open(_ path: String, userID: UInt32, milliseconds: Int64 = 120_000) -> ControlSocket {
        ControlSocket(path: path, userID: userID, requestMilliseconds: milliseconds) { request in
            WireControlReply.with {
                $0.version = request.version
                $0.outcome = 0
                $0.message = "verb \(request.verb)"
            }
        }
    }

    @Test("A request of the same account is answered; the file is 0600")
    func answers() async throws {
        let (directory, machine) = (try TemporaryDirectory(), try Machine.current())
        let path = directory.path + "/control.sock"
        let socket = try await open(path, userID: machine.userID).open()
        let status = try #require(try LinuxFileSystem().status(path))
        #expect(status.mode & 0o777 == 0o600)
        let request = WireControlRequest.with {
            $0.version = 1
            $0.verb = 2
        }
        let encoded: [UInt8] = try request.serializedBytes()
        let answer = try await controlExchange(path: path, sending: framed(encoded))
        let reply = try WireControlReply(serializedBytes: Array(answer.dropFirst(4)))
        #expect(reply.message == "verb 2")
        #expect(answer == framed(Array(answer.dropFirst(4))))
        try await socket.close()
    }

    @Test("A request that can not be read is answered with outcome 3 and a sentence")
    func notUnderstood() async throws {
        let (directory, machine) = (try TemporaryDirectory(), try Machine.current())
        let path = directory.path + "/control.sock"
        let socket = try await open(path, userID: machine.userID).open()
        let answer = try await controlExchange(path: path, sending: framed([0xff, 0xff]))
        let reply = try WireControlReply(serializedBytes: Array(answer.dropFirst(4)))
        #expect(reply.outcome == 3)
        #expect(reply.message.contains("update the older"))
        try await socket.close()
    }

    @Test("Another account, an oversized length and silence get nothing", arguments: [0, 1, 2])
    func nothing(way: Int) async throws {
        let (directory, machine) = (try TemporaryDirectory(), try Machine.current())
        let path = directory.path + "/control.sock"
        let userID = way == 0 ? machine.userID + 1 : machine.userID
        let socket = try await open(path, userID: userID, milliseconds: 200).open()
        let bytes: [UInt8] = way == 0 ? framed([8, 1]) : way == 1 ? [0xff, 0xff, 0xff, 0xff] : [9, 0]
        #expect(try await controlExchange(path: path, sending: bytes).isEmpty)
        try await socket.close()
    }

    @Test("An answer that nobody takes is given up in time")
    func untaken() async throws {
        let (directory, machine) = (try TemporaryDirectory(), try Machine.current())
        let path = directory.path + "/control.sock"
        let long = String(repeating: "x", count: 8 << 20)
        let socket = try await ControlSocket(path: path, userID: machine.userID, requestMilliseconds: 300) { _ in
            WireControlReply.with { $0.message = long }
        }.open()
        let box = Collected()
        let request = framed(try WireControlRequest.with { $0.version = 0 }.serializedBytes())
        let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelInitializer { $0.pipeline.addHandler(Collector(box, sending: [request])) }
            .connect(unixDomainSocketPath: path)
            .get()
        // It reads nothing, and hears all the same that the other end has closed.
        try await within { try await client.closeFuture.get() }
        let count = box.bytes.withLock { $0.count }
        #expect(count < long.utf8.count)
        try await socket.close()
    }

    @Test("What the disk says to a socket is said as of any file")
    func nowhere() async throws {
        let (directory, machine) = (try TemporaryDirectory(), try Machine.current())
        let path = directory.path + "/none/control.sock"
        let error = await #expect(throws: StorageError.self) { try await open(path, userID: machine.userID).open() }
        #expect(error?.code == .notFound && error?.location?.path == path)
    }

    @Test("A path too long for a socket is named")
    func tooLong() async throws {
        let path = "/tmp/" + String(repeating: "x", count: 103)
        await #expect(throws: StorageError(.invalidArgument, "")) { try await open(path, userID: 0).open() }
    }

    @Test("A second daemon on the same store is refused until the first is gone")
    func oneDaemon() throws {
        let directory = try TemporaryDirectory()
        let first = try DaemonLock(store: directory.path, in: LinuxFileSystem())
        #expect(throws: StorageError(.locked, "")) { try DaemonLock(store: directory.path, in: LinuxFileSystem()) }
        try first.release()
        try DaemonLock(store: directory.path, in: LinuxFileSystem()).release()
    }
}
