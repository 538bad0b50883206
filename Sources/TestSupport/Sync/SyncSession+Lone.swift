package import SyncProtocol

extension SyncSession {
    /// Takes one input, with a compressor of its own.
    package mutating func handle(_ input: SyncInput, at moment: SyncMoment) -> [SyncAction] {
        var compressor = PieceCompressor()
        return handle(input, at: moment, using: &compressor)
    }
}
