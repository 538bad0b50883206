package import LogFormat
package import LogStore
package import StoreIO
package import SyncProtocol

/// Writes what a plan names into a bundle, feed by feed, each followed by its checkpoint.
package struct BundleMaking {
    /// Why not all of a part is in it.
    package enum Problem: Hashable, Sendable {
        /// This store can not read it.
        case damaged(String)
        /// What a recipient said it holds is not what is here.
        case differs
    }

    package var lengthBytes: UInt64 { file.lengthBytes }
    private let log: LogStore
    private let file: NewFile
    private let limitBytes: UInt64
    private var writer: BundleWriter
    /// Entries that are in it, of each feed.
    package private(set) var written: [FeedID: UInt64] = [:]
    package private(set) var problems: [FeedID: Problem] = [:]
    /// Something did not fit.
    package private(set) var isFull = false

    /// A checkpoint on the way after so many bytes of a feed: what can be lost to sight when a stick is cut.
    private static let checkpointBytes = 1 << 20
    /// Room for a last checkpoint behind data, and the end of the chunk.
    private static let reserveBytes: UInt64 = 256

    /// Makes a bundle: the roster, keys, then what else the plan names.
    ///
    /// - Parameters:
    ///   - plan: What goes into it, the roster first.
    ///   - number: Of this sender's bundles.
    ///   - members: Whom it is sealed to.
    ///   - surroundings: The time that is stated, and where the secret comes from.
    ///   - program: Name and version.
    ///   - log: Where the entries come from; it belongs to a registry.
    ///   - file: Where to.
    ///   - limitBytes: The file becomes no larger.
    ///   - keys: Called once: writes keys of persons.
    ///   - progress: Called with the length after every part.
    /// - Returns: What came of it; the file is whole, and has no name yet.
    /// - Throws: ``BundleRefusal/tooSmall(neededBytes:)``; `StorageError`, `SyncError`; what `keys` throws.
    package static func make(
        _ plan: BundlePlan,
        number: UInt64,
        for members: [RosterMember],
        in surroundings: Surroundings,
        program: String,
        from log: LogStore,
        to file: NewFile,
        limitBytes: UInt64 = .max,
        keys: (inout BundleMaking) throws -> Void = { _ in },
        progress: (UInt64) -> Void = { _ in }
    ) throws -> BundleMaking {
        guard let registry = log.registry, let secret = BundleSecret(surroundings.random.bytes(32)) else {
            throw StorageError(.invalidArgument, "This site belongs to no registry yet.", at: .init(path: log.root))
        }
        let statement = BundleStatement(
            hello: SyncMessage.Hello(
                versions: SyncMessage.Hello.supportedVersions,
                features: 0,
                registry: registry,
                site: log.site,
                epoch: log.epoch,
                wallMilliseconds: surroundings.clock.millisecondsSinceEpoch(),
                program: program
            ),
            vector: plan.vector
        )
        let writer = try BundleWriter(
            number: number,
            secret: secret,
            recipients: members.map { ($0.site, $0.keys.agreement) },
            statement: statement,
            signingKey: try log.requireIdentity().signingKey
        )
        var making = try BundleMaking(writer, to: file, limitBytes: limitBytes, from: log)
        var hasKeys = false
        for part in plan.parts {
            if !hasKeys, part.feed.lane != .roster {
                hasKeys = true
                try keys(&making)
            }
            try making.add(part)
            progress(file.lengthBytes)
        }
        if !hasKeys { try keys(&making) }
        try making.finish()
        return making
    }

    /// Writes the beginning.
    ///
    /// - Parameters:
    ///   - writer: Has written nothing.
    ///   - file: Where to.
    ///   - limitBytes: The file becomes no larger.
    ///   - log: Where the entries come from.
    /// - Throws: ``BundleRefusal/tooSmall(neededBytes:)``; `StorageError`, `SyncError`.
    init(_ writer: BundleWriter, to file: NewFile, limitBytes: UInt64, from log: LogStore) throws {
        self.log = log
        self.file = file
        self.limitBytes = limitBytes
        self.writer = writer
        let beginning = try self.writer.begin()
        let lengthBytes = self.writer.lengthBytes
        guard lengthBytes <= limitBytes else {
            throw BundleRefusal.tooSmall(neededBytes: lengthBytes)
        }
        try file.write(beginning)
    }

    /// Writes keys of persons, as far as they fit.
    ///
    /// - Returns: Whether all did.
    package mutating func add(keys packets: [[UInt8]]) throws -> Bool {
        // A packet has at most 17 KiB, a frame 64.
        for start in stride(from: 0, to: packets.count, by: 3) {
            let message = SyncMessage.keys(Array(packets[start...].prefix(3)))
            guard try add(message, reserving: Self.reserveBytes) else {
                isFull = true
                return false
            }
        }
        return true
    }

    /// Writes one part, as far as it fits and can be read.
    mutating func add(_ part: BundlePlan.Part) throws {
        guard !isFull else { return }
        do {
            try copy(part)
        } catch let error as StorageError {
            guard error.code == .corrupted || error.code == .inputOutput else { throw error }
            problems[part.feed] = .damaged(error.message)
        } catch let error as FormatError {
            problems[part.feed] = .damaged(String(describing: error))
        }
    }

    private mutating func copy(_ part: BundlePlan.Part) throws {
        let feed = part.feed
        let before = try log.head(of: feed, at: part.after)
        if let digest = part.digest, digest != ShortDigest(before.digest) {
            problems[feed] = .differs
            return
        }
        var compressor = PieceCompressor()
        var (reached, bytes, said) = (before, 0, part.after)
        // What was written is worth its checkpoint also when the rest can not be read.
        var failure: (any Error)?
        do {
            while reached.position < part.end.position {
                let blocks = try log.blocks(
                    of: feed,
                    after: reached,
                    limitBytes: min(SyncMessage.DataBlocks.bundleBytes, roomBytes)
                )
                guard
                    let data = try SyncMessage.DataBlocks(
                        fitting: blocks,
                        of: feed,
                        after: reached,
                        through: part.end.position,
                        using: &compressor
                    ), let end = data.blocks.last?.header.head
                else { break }
                guard try add(.data(data), reserving: Self.reserveBytes) else {
                    isFull = true
                    break
                }
                bytes += data.blockBytes
                reached = end
                if bytes >= Self.checkpointBytes {
                    bytes = 0
                    try checkpoint(feed, through: reached.position, &said)
                }
            }
        } catch {
            failure = error
        }
        if reached.position > part.after { written[feed] = reached.position - part.after }
        try checkpoint(feed, through: reached.position, &said)
        if let failure { throw failure }
    }

    /// About what still fits of one feed: in a small bundle a piece of what would be written together in a large one.
    private var roomBytes: Int {
        let taken = writer.lengthBytes + 2 * Self.reserveBytes
        return limitBytes > taken ? Int(clamping: limitBytes - taken) : 0
    }

    /// The owner's word up to a position, where there is news.
    private mutating func checkpoint(_ feed: FeedID, through position: UInt64, _ said: inout UInt64) throws {
        guard position > said, let word = try log.checkpoint(of: feed, through: position), word.head.position > said
        else { return }
        said = word.head.position
        guard try add(.checkpoint(feed: feed, head: word.head, signature: word.signature), reserving: 0) else {
            isFull = true
            return
        }
    }

    /// - Returns: False when it does not fit, and then nothing was written.
    private mutating func add(_ message: SyncMessage, reserving reserveBytes: UInt64) throws -> Bool {
        guard writer.lengthBytes(with: message) + reserveBytes <= limitBytes else { return false }
        try file.write(try writer.add(message))
        return true
    }

    /// Writes the end; the file is whole when this returns, and has no name yet.
    mutating func finish() throws { try file.write(try writer.finish()) }
}
