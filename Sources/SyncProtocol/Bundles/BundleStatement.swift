import LogFormat

/// What the sender of a bundle says of itself: who it is, and what it holds of the feeds all recipients read.
///
/// What it says of the recipients' own feeds is their receipt; the rest tells them how little their next bundle for the
/// sender has to carry. It is the wire's HELLO and full HAVE.
package struct BundleStatement: Hashable, Sendable {
    package var hello: SyncMessage.Hello
    package var vector: HaveVector

    package init(hello: SyncMessage.Hello, vector: HaveVector) {
        self.hello = hello
        self.vector = vector
    }

    /// HELLO, and HAVE in as many frames as it needs.
    var messages: [SyncMessage] {
        var said = HaveVector()
        let rows = vector.map { SyncMessage.Have.Row(feed: $0.feed, row: $0.row) }
        return [.hello(hello)] + said.saying(rows, from: nil)
    }

    /// The frames, as they lie in a bundle.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        for message in messages { message.frame.encode(into: &bytes) }
        return bytes
    }
}

/// Puts a statement together from its frames as they come.
struct BundleStatementReading: Sendable {
    private var hello: SyncMessage.Hello?
    private var vector = HaveVector()
    private var hasBegun = false

    /// - Returns: The statement, when this was its last frame.
    /// - Throws: `.illFormed` for what is no part of one, or does not fit; `.tooLarge`.
    mutating func take(_ message: SyncMessage) throws(SyncError) -> BundleStatement? {
        switch message {
        case .hello(let hello) where self.hello == nil:
            guard hello.versions.overlaps(SyncMessage.Hello.supportedVersions) else {
                throw SyncError(.illFormed, "The bundle was made by another version of Abscope: update the older one.")
            }
            self.hello = hello
            return nil
        case .have(let have):
            guard let hello, let result = have.result, have.base == (hasBegun ? vector.digest : nil) else {
                throw SyncError(.illFormed, "What the sender says it holds does not begin as it must.")
            }
            hasBegun = true
            guard !have.rows.isEmpty || !have.isContinued, have.rows.allSatisfy({ vector[$0.feed] == nil }) else {
                throw SyncError(.illFormed, "What the sender says it holds comes twice.")
            }
            for row in have.rows { vector[row.feed] = row.row }
            guard vector.count <= Limits.vectorFeeds, vector.feedsOfOneSite(among: have.rows) <= Limits.feedsPerSite
            else {
                throw SyncError(.tooLarge, "The sender says it holds more feeds than anybody has.")
            }
            guard vector.digest == result else {
                throw SyncError(.illFormed, "What the sender says it holds contradicts itself.")
            }
            return have.isContinued ? nil : BundleStatement(hello: hello, vector: vector)
        default:
            throw SyncError(.illFormed, "A bundle begins with who made it and what is held there.")
        }
    }
}
