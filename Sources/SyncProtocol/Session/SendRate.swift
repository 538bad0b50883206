/// How fast the transport takes bytes, measured from handing over to being writable again.
///
/// A transport with an empty buffer takes some at once whatever the link is like. So no single measurement is believed:
/// the block size at most doubles from one to the next, up to what the rate allows, which is one over seconds that really
/// passed.
struct SendRate: Sendable {
    /// How large the next block may be without being cut: about an eighth of a second of the rate, for what is urgent has to
    /// wait until it has left. Small blocks cost more than they carry, so up to 16 KiB may take a quarter of a second, and
    /// 4 KiB a whole one.
    private(set) var blockBytes = Self.firstBlockBytes
    /// How many bytes of blocks go into one DATA frame, at least one block. What arrived of a frame that was cut is sent
    /// again.
    var frameBytes: Int { min(blockBytes, Self.largestFrameBytes) }
    /// Bytes and nanoseconds lately, older ones counting less.
    private var lately = (bytes: 0.0, nanoseconds: 0.0)
    private var pendingBytes = 0
    private var sentNanoseconds: UInt64 = 0

    /// Most bytes a wire block may take before anything was measured.
    static let firstBlockBytes = 4 * 1024
    /// Below this nothing is gained by cutting: an entry alone may be as large.
    static let smallestBlockBytes = 1024
    static let largestBlockBytes = 64 * 1024
    static let largestFrameBytes = 16 * 1024
    /// What was measured so long ago no longer counts.
    private static let memoryNanoseconds = 8e9
    /// A rate over less than this is one of the machine's memory.
    private static let leastNanoseconds = 50e6

    /// nil before a measurement of any worth.
    var bytesPerSecond: UInt64? {
        guard lately.nanoseconds >= Self.leastNanoseconds else { return nil }
        return UInt64(lately.bytes * 1e9 / lately.nanoseconds)
    }

    mutating func sent(_ bytes: Int, at nanoseconds: UInt64) {
        if pendingBytes == 0 { sentNanoseconds = nanoseconds }
        pendingBytes += bytes
    }

    mutating func drained(at nanoseconds: UInt64) {
        guard pendingBytes > 0 else { return }
        let bytes = Double(pendingBytes)
        let elapsed = Double(max(nanoseconds - min(nanoseconds, sentNanoseconds), 1_000))
        let isWhole = pendingBytes >= frameBytes / 2
        pendingBytes = 0
        let kept = max(0, 1 - elapsed / Self.memoryNanoseconds)
        lately = (lately.bytes * kept + bytes, lately.nanoseconds * kept + elapsed)
        // After a pause the transport takes at once what the line then needs seconds for.
        let known = bytesPerSecond.map { Double($0) } ?? .infinity
        let second = min(bytes * 1e9 / elapsed, known, Double(Self.largestBlockBytes) * 8)
        let fitting = Int(
            max(
                second / 8,
                min(second / 4, Double(Self.largestFrameBytes)),
                min(second, Double(Self.firstBlockBytes))
            )
        )
        // A short message says that a link is slow, never that it is fast.
        guard isWhole || fitting < blockBytes, bytes >= 512 else { return }
        blockBytes = max(Self.smallestBlockBytes, min(fitting, blockBytes * 2, Self.largestBlockBytes))
    }
}
