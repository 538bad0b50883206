import SyncProtocol

extension SyncRemainder {
    /// `12 (3.4 kB)`; nothing where nothing is left.
    var text: String { isEmpty ? "" : "\(entries) (\(Quantities.bytes(bytes)))" }
}
