import Glibc
import StoreIO
import SyncProtocol
import TestSupport
import Testing

@testable import abscope

@Suite("Asking the daemon", .timeLimit(.minutes(5)))
struct ControlClientTests {
    @Test("A daemon that hangs is given up in time, also when so many have asked that its queue is full")
    func hangs() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/control.sock"
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
            for (index, byte) in path.utf8.enumerated() { unsafe place[index] = byte }
        }
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 0) == 0)
        // The first takes the only place in the queue, which it keeps: nobody accepts.
        for _ in 0..<2 {
            let failure = #expect(throws: Failure.self) {
                try ControlClient.ask(ControlRequest(.status), at: path, timeoutSeconds: 1)
            }
            #expect(failure?.status == .temporary)
        }
    }
}
