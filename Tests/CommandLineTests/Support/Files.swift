import Glibc

@testable import abscope

/// Writes a new file.
func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { throw SpawnFailure(number: errno) }
    defer { close(descriptor) }
    var done = 0
    while done < bytes.count {
        let count = unsafe bytes.withUnsafeBytes { buffer in
            unsafe Glibc.write(descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done)
        }
        guard count > 0 else { throw SpawnFailure(number: errno) }
        done += count
    }
}

/// A whole file.
func read(_ path: String) throws -> [UInt8] {
    try WholeFile.read(path, limitBytes: 1 << 26)
}
