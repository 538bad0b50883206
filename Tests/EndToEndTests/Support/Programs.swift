import Foundation
import Glibc

/// The two programs, as `swift build --build-tests` leaves them beside the tests.
enum Program: String {
    case abscope, abscoped

    /// - Throws: a sentence when the program is not there.
    func path() throws -> String {
        // The tests run as AbscopePackageTests.xctest in the folder of everything that was built.
        let folder = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            .deletingLastPathComponent()
        let path = folder.appending(path: rawValue).path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Hindrance("\(rawValue) is not in \(folder.path): build it with `swift build --build-tests`.")
        }
        return path
    }
}

/// Why a test can not do its work.
struct Hindrance: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// Waits until something is true, looking every few milliseconds.
///
/// - Throws: ``Hindrance`` when it is not true after `seconds`.
func until(_ what: String, seconds: Int = 20, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw Hindrance("waited \(seconds) s in vain until \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// Whether these tests may do what only the system's administrator may: mount, and become another account.
let isAdministrator = geteuid() == 0
