import CZlib

/// A zlib stream at a fixed place in memory, for zlib keeps a pointer back to it.
///
/// Only ``Inflater`` and ``Deflater`` hold one: they make it, free it, and never let it be used by two at once.
@unsafe
struct ZlibStream {
    private let state: UnsafeMutablePointer<z_stream>

    init() {
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: z_stream())
    }

    func deallocate() {
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
    }

    /// Runs one zlib call on the stream alone.
    func call(_ body: (UnsafeMutablePointer<z_stream>) -> Int32) -> Int32 {
        unsafe body(state)
    }

    /// Runs one zlib call that reads all of `input` and writes at most `limitBytes` to `output`.
    ///
    /// - Returns: zlib's status, and how many bytes of input and of the limit are left.
    func run(
        _ function: (UnsafeMutablePointer<z_stream>, Int32) -> Int32,
        from input: UnsafeRawBufferPointer,
        to output: UnsafeMutablePointer<UInt8>?,
        limitBytes: Int
    ) -> (status: Int32, inputLeft: Int, outputLeft: Int) {
        // zlib reads through a pointer it does not write to.
        unsafe state.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        unsafe state.pointee.avail_in = UInt32(input.count)
        unsafe state.pointee.next_out = output
        unsafe state.pointee.avail_out = UInt32(limitBytes)
        let status = unsafe function(state, Z_FINISH)
        return (status, Int(unsafe state.pointee.avail_in), Int(unsafe state.pointee.avail_out))
    }
}
