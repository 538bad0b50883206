package import LogFormat

extension Block {
    /// The same entries compressed, as a peer may send them; itself when it is compressed already or would not become
    /// shorter.
    package func deflated(using deflater: inout Deflater) -> Block {
        guard case .plain = header.method else { return self }
        return Block.compressed(header, raw: stored, using: &deflater)
    }
}
