package import LogFormat
package import LogStore
package import SyncProtocol

/// Taking a bundle: once through the file, once more where an end had to be given up first, and again as long as the
/// roster in it admits what was passed over: of several administrators any may come first, and one is known by the other.
package struct BundlePass {
    package let taking: BundleTaking
    /// What the sender says it holds; nil when the file ends before that.
    package private(set) var statement: BundleStatement?
    package private(set) var ending = BundleFile.Ending.cut
    /// Whole parts that were read.
    package private(set) var parts: UInt64 = 0
    /// Where feeds stood before anything was taken.
    package private(set) var before: [FeedID: UInt64]

    /// Takes all that a bundle has for this site. Stopped anywhere, what was stored stays, and it can be taken again.
    ///
    /// - Parameters:
    ///   - bundle: Opened with ``BundleFile/secret(for:_:)``.
    ///   - secret: What opens it.
    ///   - log: Where the entries go.
    ///   - roster: As it stands here.
    ///   - keys: Gets keys of persons, sealed to this site; the same ones again every time.
    ///   - progress: Called with how many bytes of the file were read.
    /// - Returns: What came of it.
    /// - Throws: ``BundleRefusal/senderRevoked(_:)``; `StorageError`; what `keys` throws.
    package static func take(
        _ bundle: BundleFile,
        _ secret: BundleSecret,
        into log: LogStore,
        _ roster: Roster,
        keys: ([[UInt8]]) throws -> Void = { _ in },
        progress: (UInt64) -> Void = { _ in }
    ) throws -> BundlePass {
        var pass = try BundlePass(bundle, secret, log, roster, before: [:], keys, progress)
        var isFirst = true
        while isFirst && pass.taking.gaveUpEnds || pass.taking.admitsMore {
            isFirst = false
            pass = try BundlePass(bundle, secret, log, pass.taking.roster, before: pass.before, keys, progress)
        }
        return pass
    }

    private init(
        _ bundle: BundleFile,
        _ secret: BundleSecret,
        _ log: LogStore,
        _ roster: Roster,
        before: [FeedID: UInt64],
        _ keys: ([[UInt8]]) throws -> Void,
        _ progress: (UInt64) -> Void
    ) throws {
        taking = try BundleTaking(log, from: bundle.header.sender, roster: roster)
        self.before = before
        var cursor = BundleFile.Cursor(bundle, secret)
        while let event = try cursor.next() {
            switch event {
            case .statement(let statement):
                self.statement = statement
                taking.take(statement)
            case .message(.keys(let packets)): try keys(packets)
            case .message(let message): try taking.take(message)
            }
            progress(cursor.offsetBytes)
        }
        try taking.finish()
        ending = cursor.ending ?? .cut
        parts = cursor.chunks
        for (feed, outcome) in taking.outcomes where self.before[feed] == nil { self.before[feed] = outcome.before }
    }
}
