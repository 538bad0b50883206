import CaseModel
import LogFormat
import LogStore
import StoreIO

/// An entry of the log on its way into the read model.
struct AppliedEntry: Sendable {
    let reference: EntryReference
    let bytes: [UInt8]
    let content: Content

    /// What an entry says.
    enum Content: Sendable {
        case record(RecordEntry)
        /// A piece of a file; nil for what lies in that lane and is none.
        case part(AttachmentPart?)
        /// The log keeps and forwards it all the same.
        case unreadable
    }

    init(_ entry: StoredEntry) {
        reference = entry.reference
        bytes = entry.bytes
        if reference.feed.lane == .attachments {
            content = .part(AttachmentPart(entry: bytes))
            return
        }
        do throws(RecordError) {
            content = .record(try RecordEntry(decoding: bytes, at: reference))
        } catch {
            content = .unreadable
        }
    }
}

/// What a read model lacks of a feed, in steps of one transaction each.
///
/// Where it lacks much, each step is read, proven and decoded on a second thread while the one before is written.
struct FeedSteps {
    /// Entries in order, and the feed's head after the last; in front of them what can not be read.
    struct Step: Sendable {
        let missing: ClosedRange<UInt64>?
        /// Why it can not be read.
        let damage: StorageError?
        let entries: [AppliedEntry]
        let head: FeedHead

        init(_ passage: FeedPassage) {
            missing = passage.missing
            damage = passage.damage
            entries = passage.entries.map { AppliedEntry($0) }
            head = passage.head
        }
    }

    private let log: LogStore
    private let row: Frontier.Row
    private var position: UInt64
    private let ahead: Ahead<Result<Step, StorageError>>?

    /// A step's entries, about; several are in memory at once.
    private static let stepBytes = 1 << 20
    /// Fewer entries than this are not worth a thread.
    private static let fewest: UInt64 = 2000

    /// - Parameters:
    ///   - row: The feed, and how far to go.
    ///   - position: How far the read model is.
    ///   - log: Where the entries are.
    init(of row: Frontier.Row, after position: UInt64, in log: LogStore) {
        self.log = log
        self.row = row
        self.position = position
        guard row.head.position >= position + Self.fewest else {
            ahead = nil
            return
        }
        let next = Monitor<UInt64?>(position)
        ahead = Ahead(limit: 1) { _ in
            guard let position = next.withLock({ $0 }), position < row.head.position else { return nil }
            let step = Result { () throws(StorageError) in try Self.read(row, after: position, in: log) }
            // After an error nobody asks again.
            var reached: UInt64?
            if case .success(let step) = step { reached = step.head.position }
            next.withLock { [reached] in $0 = reached }
            return step
        }
    }

    /// The next step. Not to be called again after the last, nor after an error.
    ///
    /// - Throws: `.moved` when the feed was taken back meanwhile; `.unsupportedFormat`, `.inputOutput`.
    mutating func next() throws(StorageError) -> Step {
        let step: Step
        if let made = ahead?.next() {
            step = try made.get()
        } else {
            step = try Self.read(row, after: position, in: log)
        }
        position = step.head.position
        return step
    }

    /// Waits until nothing reads the log any more.
    func stop() { ahead?.stop() }

    /// What can be read now of a gap; nil when the feed does not reach that far any more.
    ///
    /// - Throws: as ``next()``.
    static func step(of gap: FeedGap, through end: FeedHead, in log: LogStore) throws(StorageError) -> Step? {
        try log.passage(
            of: gap.feed,
            after: gap.positions.lowerBound - 1,
            through: end,
            limitBytes: stepBytes
        ).map { Step($0) }
    }

    private static func read(
        _ row: Frontier.Row,
        after position: UInt64,
        in log: LogStore
    ) throws(StorageError) -> Step {
        let passage = try log.passage(of: row.feed, after: position, through: row.head, limitBytes: stepBytes)
        guard let passage else {
            throw StorageError(.corrupted, "Feed \(row.feed) ends before its published head: run `abscope log verify`.")
        }
        return Step(passage)
    }
}
