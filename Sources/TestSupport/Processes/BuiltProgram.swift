import Glibc

/// The two programs, as `swift build --build-tests` leaves them beside the tests.
package enum BuiltProgram: String, Sendable {
    case abscope, abscoped

    /// - Throws: ``Hindrance`` when the program is not there.
    package func path() throws -> String {
        // The tests run as AbscopePackageTests.xctest in the folder of everything that was built.
        guard let own = unsafe realpath("/proc/self/exe", nil) else {
            throw Hindrance("/proc/self/exe can not be read: error \(errno)")
        }
        defer { unsafe free(own) }
        let folder = unsafe String(cString: own).split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        let path = "\(folder)/\(rawValue)"
        guard unsafe access(path, X_OK) == 0 else {
            throw Hindrance("\(rawValue) is not in \(folder): build it with `swift build --build-tests`.")
        }
        return path
    }
}
