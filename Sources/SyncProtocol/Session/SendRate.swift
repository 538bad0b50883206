/// How fast the transport takes bytes, measured from handing over to being writable again.
struct SendRate: Hashable, Sendable {
    /// nil before a measurement of any worth.
    private(set) var bytesPerSecond: UInt64?
    private var pendingBytes = 0
    private var sentNanoseconds: UInt64 = 0

    /// Most bytes a wire block may take before anything was measured.
    static let firstBlockBytes = 16 * 1024
    /// Below this nothing is gained by cutting: an entry alone may be as large.
    static let smallestBlockBytes = 1024

    /// How large the next block may be: about a second of the rate.
    var blockBytes: Int {
        guard let bytesPerSecond else { return Self.firstBlockBytes }
        return Int(max(UInt64(Self.smallestBlockBytes), min(bytesPerSecond, UInt64(64 * 1024))))
    }

    mutating func sent(_ bytes: Int, at nanoseconds: UInt64) {
        if pendingBytes == 0 { sentNanoseconds = nanoseconds }
        pendingBytes += bytes
    }

    mutating func drained(at nanoseconds: UInt64) {
        defer { pendingBytes = 0 }
        // A buffer that took the bytes at once says nothing of the link: only ever raise the estimate then.
        guard pendingBytes >= 512 else { return }
        let elapsed = max(nanoseconds - min(nanoseconds, sentNanoseconds), 1_000)
        let measured = UInt64(Double(pendingBytes) * 1e9 / Double(elapsed))
        bytesPerSecond = bytesPerSecond.map { ($0 * 3 + min(measured, $0 * 4)) / 4 } ?? measured
    }
}
