import CZlib

/// CRC-32 as in zlib, gzip and PNG (polynomial 0xEDB88320, reflected), which zlib computes at memory speed.
package struct Checksum: Sendable {
    /// The value over everything added so far.
    package private(set) var value: UInt32 = 0

    package init() {}

    /// The checksum of one piece of memory.
    package static func of(_ bytes: RawSpan) -> UInt32 {
        var checksum = Checksum()
        checksum.add(bytes)
        return checksum.value
    }

    package mutating func add(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { buffer in
            let start = unsafe buffer.bindMemory(to: UInt8.self).baseAddress
            // A null pointer would mean "give me the initial value" to zlib.
            guard let start = unsafe start, buffer.count > 0 else { return }
            value = UInt32(truncatingIfNeeded: unsafe crc32_z(UInt(value), start, buffer.count))
        }
    }

    /// Adds an integer's bytes, least significant first.
    mutating func add(_ number: some FixedWidthInteger) {
        unsafe withUnsafeBytes(of: number.littleEndian) { buffer in
            add(unsafe RawSpan(_unsafeBytes: buffer))
        }
    }
}
