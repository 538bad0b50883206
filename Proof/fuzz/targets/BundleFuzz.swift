import Crypto
import LogFormat
import SyncProtocol

/// A bundle, as somebody hands it over: its envelope, what is sealed in it, and what is kept of it.
///
/// * ``Mode/checksums``: the bytes are frames, and are sealed as a recipient could who knows the secret; with
///   ``Mode/chain`` behind the statement that was signed.
/// * ``Mode/replica``: the bytes are the file of what is kept.
enum BundleFuzz {
    static func run(_ bytes: [UInt8], _ mode: Mode) throws(Violation) {
        if mode.contains(.replica) { return try notes(bytes, mode) }
        let template = BundleTemplate.shared
        let file =
            mode.contains(.checksums)
            ? template.sealed(bytes, behindStatement: mode.contains(.chain), chunkBytes: 64 << mode.choice) : bytes
        try hold(file.count < 1 << 24, "a bundle grows without end")
        let whole = try read(file, pieceBytes: max(1, file.count))
        let pieces = try read(file, pieceBytes: 1 + mode.choice)
        try hold(whole.events == pieces.events, "a bundle says something else when it comes in pieces")
        try hold(whole.error == pieces.error, "a bundle breaks or not by how it comes")
        try hold(!(whole.isComplete && whole.error != nil), "a bundle is complete and broken")
        for (index, event) in whole.events.enumerated() {
            switch event {
            case .statement(let statement):
                try hold(index == 0, "a statement comes later")
                try hold(statement == template.statement, "a statement is taken that was not signed")
                var notes = SiteNotes()
                _ = notes.take(statement, number: 1, at: 0)
                try reread(notes)
            case .message(let message):
                try hold(index > 0, "something comes before the statement")
                do {
                    try hold(try SyncMessage(message.frame) == message, "a message changes when it is sent on")
                } catch let error as Violation {
                    throw error
                } catch {
                    throw Violation("a message that was read is refused when it is sent on: \(error)")
                }
            }
        }
    }

    private static func read(
        _ file: [UInt8],
        pieceBytes: Int
    ) throws(Violation) -> (events: [BundleReader.Event], isComplete: Bool, error: SyncError?) {
        let template = BundleTemplate.shared
        var events: [BundleReader.Event] = []
        do {
            let length = try BundleHeader.lengthBytes(file)
            guard file.count >= length else { return ([], false, nil) }
            let header = try BundleHeader(decoding: Array(file[..<length]))
            try hold(header.encoded == Array(file[..<length]), "an envelope is encoded otherwise than it was read")
            try header.verify(key: template.key)
            try hold(template.hasSigned(header), "an envelope is taken that was not signed")
            var reader = BundleReader(
                header,
                secret: try header.secret(for: template.site, with: template.agreementKey)
            )
            var at = length
            while at < file.count {
                reader.append(Array(file[at..<min(at + pieceBytes, file.count)]))
                at += pieceBytes
                while let event = try reader.next() { events.append(event) }
            }
            return (events, reader.isComplete, nil)
        } catch let error as Violation {
            throw error
        } catch let error as SyncError {
            return (events, false, error)
        } catch {
            throw Violation("\(error)")
        }
    }

    private static func notes(_ bytes: [UInt8], _ mode: Mode) throws(Violation) {
        var bytes = bytes
        if mode.contains(.checksums), bytes.count > 12 { bytes.put(Checksum.of(Array(bytes[12...])), at: 8) }
        let notes: SiteNotes
        do {
            notes = try SiteNotes(bytes)
        } catch {
            return
        }
        try reread(notes)
    }

    private static func reread(_ notes: SiteNotes) throws(Violation) {
        do {
            try hold(try SiteNotes(notes.encoded) == notes, "what is noted of sites changes when it is kept again")
        } catch let error as Violation {
            throw error
        } catch {
            throw Violation("what is noted of sites is refused when it is kept again: \(error)")
        }
    }
}

/// A sender and a receiver, and an envelope between them. Made once a process.
final class BundleTemplate: Sendable {
    static let shared: BundleTemplate = {
        do {
            return try BundleTemplate()
        } catch {
            preconditionFailure("the bundle that is fuzzed can not be made: \(error)")
        }
    }()

    let key: SitePublicKey
    let site: SiteID
    let agreementKey: Curve25519.KeyAgreement.PrivateKey
    let statement: BundleStatement
    let header: BundleHeader
    /// A bundle that says nothing but its statement.
    let short: [UInt8]
    /// One with an entry.
    let whole: [UInt8]
    /// The frames behind the statement of ``whole``.
    let frames: [UInt8]
    private let statementFrames: [UInt8]
    private let cipher: ChunkCipher

    private init() throws {
        let signingKey = try Curve25519.Signing.PrivateKey(rawRepresentation: (9..<41).map { UInt8($0) })
        agreementKey = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: (1..<33).map { UInt8($0) })
        key = SitePublicKey(signingKey.publicKey)
        guard let secret = BundleSecret((2..<34).map { UInt8($0) }), let site = SiteID((3..<19).map { UInt8($0) }),
            let epoch = EpochID((4..<12).map { UInt8($0) })
        else { throw Violation("identities have their lengths") }
        self.site = site
        let feed = FeedID(site: key.siteID, epoch: epoch, lane: .records)
        let start = FeedChain.start(key: key, epoch: epoch, lane: .records)
        var builder = BlockBuilder(after: start)
        _ = try builder.append(Array("one entry".utf8))
        guard let block = builder.finish() else { throw Violation("a block holds its entry") }
        let registry = RegistryID(foundedBy: [1])
        var vector = HaveVector()
        vector[feed] = HaveRow(position: 1, digest: ShortDigest(block.header.digest), bytes: 9)
        let hello = SyncMessage.Hello(
            versions: SyncMessage.Hello.supportedVersions,
            features: 0,
            registry: registry,
            site: key.siteID,
            epoch: epoch,
            wallMilliseconds: 1,
            program: "fuzz"
        )
        statement = BundleStatement(hello: hello, vector: vector)
        let have = SyncMessage.Have(
            base: nil,
            rows: [.init(feed: feed, row: HaveRow(position: 1, digest: ShortDigest(block.header.digest), bytes: 9))],
            result: vector.digest,
            isContinued: false,
            asksForFull: false
        )
        statementFrames = SyncMessage.hello(hello).frame.encoded + SyncMessage.have(have).frame.encoded
        let word = try Checkpoint(signing: block.header.head, of: feed, registry: registry, with: signingKey)
        let messages: [SyncMessage] = [
            .data(
                .init(
                    feed: feed,
                    after: 0,
                    digest: ShortDigest(start.digest),
                    isPushed: false,
                    blocks: [block]
                )
            ), .checkpoint(feed: feed, head: word.head, signature: word.signature), .keys([[1, 2, 3]]),
        ]
        frames = messages.flatMap { $0.frame.encoded }
        var writer = try BundleWriter(
            number: 1,
            secret: secret,
            recipients: [(site, [UInt8](agreementKey.publicKey.rawRepresentation))],
            statement: statement,
            signingKey: signingKey
        )
        header = writer.header
        var bytes = try writer.begin()
        var rest = writer
        short = bytes + (try rest.finish())
        for message in messages { bytes += try writer.add(message) }
        whole = bytes + (try writer.finish())
        // As Protocol/bundle-format.md says, not through the code that is fuzzed.
        cipher = ChunkCipher(
            secret: (2..<34).map { UInt8($0) },
            salt: Array(SHA256.hash(data: header.encoded)),
            purpose: "abscope bundle chunk 1"
        )
    }

    /// Whether a header is that of the template, of this process or of another that kept an input: each seals the secret in
    /// other words.
    func hasSigned(_ header: BundleHeader) -> Bool {
        let fixedBytes = 104
        return header.encoded.prefix(fixedBytes) == self.header.encoded.prefix(fixedBytes)
            && header.encoded.count == self.header.encoded.count
    }

    /// Seals frames in chunks that say the last of them is the last.
    func sealed(_ frames: [UInt8], behindStatement: Bool, chunkBytes: Int) -> [UInt8] {
        var parts = behindStatement ? [statementFrames] : []
        for start in stride(from: 0, to: frames.count, by: chunkBytes) {
            parts.append(Array(frames[start..<min(start + chunkBytes, frames.count)]))
        }
        var bytes = header.encoded
        for (number, part) in parts.enumerated() {
            let isLast = number + 1 == parts.count
            let length = UInt32(part.count) | (isLast ? 1 << 31 : 0)
            let prefix = (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * UInt32($0))) }
            do throws(FormatError) {
                bytes += prefix
                bytes += try cipher.seal(
                    part[...],
                    number: UInt64(number),
                    isLast: isLast,
                    authenticating: prefix
                )
            } catch {
                preconditionFailure("a chunk can be sealed: \(error)")
            }
        }
        return bytes
    }
}
