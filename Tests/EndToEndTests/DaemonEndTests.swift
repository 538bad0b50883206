import Foundation
import TestSupport
import Testing

/// What a daemon leaves behind, however it ends.
@Suite("How the daemon ends", .timeLimit(.minutes(10)))
struct DaemonEndTests {
    @Test("the last metrics show how it left; a second daemon, and one whose port is taken, end with their status")
    func ends() async throws {
        let registry = try await Registry.founded()
        let clinic = registry.clinic
        func settings(_ name: String) throws -> (metrics: String, options: [String]) {
            let (metrics, file) = ("\(clinic.folder.path)/\(name).prom", "\(clinic.folder.path)/\(name).yaml")
            try Data("metrics-file: \(metrics)\n".utf8).write(to: URL(filePath: file))
            return (metrics, ["--config", file])
        }
        let hub = try await registry.startHub()
        let (first, other) = (try settings("first"), try settings("other"))
        let daemon = try clinic.startDaemon(first.options)
        try await registry.settle()

        let second = try clinic.startDaemon(other.options)
        #expect(try await second.end() == 75)
        #expect(try second.errors.contains("Another daemon"))
        #expect(!FileManager.default.fileExists(atPath: other.metrics))

        #expect(try await daemon.terminate() == 0)
        let left = try String(contentsOf: URL(filePath: first.metrics), encoding: .utf8)
        #expect(left.contains("\nabscope_store_entries "))
        #expect(left.contains(/\nabscope_peer_connected\{[^}]*\} 0\n/) && !left.contains(/_connected\{[^}]*\} 1\n/))
        #expect(try !daemon.errors.contains("can not be read"))

        let port = try clinic.startDaemon(["--metrics", registry.address])
        #expect(try await port.end() == 69)
        #expect(try port.errors.contains("Another program listens on") && port.errors.contains("stopped"))
        #expect(!FileManager.default.fileExists(atPath: clinic.store + "/control.sock"))
        #expect(try await hub.terminate() == 0)
    }
}
