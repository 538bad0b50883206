import LogFormat

/// Compresses what goes out, with memory that is made once: that of each new one would be 256 KiB that are not there yet,
/// which costs as much time as half a piece.
package struct PieceCompressor: ~Copyable {
    private var deflater: Deflater?

    /// Nothing is allocated before it is needed.
    package init() {}

    /// Closes a block compressed, or plain where that is not shorter.
    ///
    /// - Parameter builder: What was gathered; it begins the next block.
    /// - Returns: nil when nothing was gathered.
    mutating func finish(_ builder: inout BlockBuilder) -> Block? {
        var used = deflater.take() ?? Deflater()
        let block = builder.finish(using: &used)
        deflater = consume used
        return block
    }
}
