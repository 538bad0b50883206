import StoreIO

/// Data made by others, which lies beside a checkout and not in it; tests that need it are skipped, and say so, where it is
/// not.
package enum SharedData {
    private static let root =
        #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" } + "/shared/data/"

    /// Whether a file or folder of it is here.
    package static func has(_ path: String) -> Bool {
        do {
            return try LinuxFileSystem().exists(root + path)
        } catch {
            return false
        }
    }

    /// - Throws: `StorageError` when it can not be read.
    package static func bytes(_ path: String) throws -> [UInt8] {
        try LinuxFileSystem().readFile(root + path, limitBytes: 16 << 20)
    }
}
