import Crypto
import Foundation
import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol

/// A hub that has enrolled many sites and holds one entry of each; of the sites themselves only the keys exist.
final class Crowd: Sendable {
    /// A site of which there is no store.
    struct Member: Sendable {
        let key: Curve25519.Signing.PrivateKey
        let keys: SiteKeySet
        let feed: FeedID

        var publicKey: SitePublicKey { keys.signing }

        init(epoch: EpochID) throws {
            key = Curve25519.Signing.PrivateKey()
            let agreement = Array(Curve25519.KeyAgreement.PrivateKey().publicKey.rawRepresentation)
            let signature = try key.signature(for: SiteKeySet.statement(agreement: agreement))
            keys = SiteKeySet(
                signing: SitePublicKey(key.publicKey),
                agreement: agreement,
                agreementSignature: Array(signature)
            )
            feed = FeedID(site: keys.signing.siteID, epoch: epoch, lane: .records)
        }

        /// The next entries of its feed as a block, and its word for them.
        func records(_ entries: [[UInt8]], after head: FeedHead, in registry: RegistryID) throws -> (Block, Checkpoint)
        {
            var builder = BlockBuilder(after: head)
            for entry in entries { _ = unsafe try builder.append(entry.span.bytes) }
            guard let block = builder.finish() else { throw BenchmarkError("a block without entries") }
            return (block, try Checkpoint(signing: block.header.head, of: feed, registry: registry, with: key))
        }

        var start: FeedHead { FeedChain.start(key: publicKey, epoch: feed.epoch, lane: feed.lane) }
    }

    let folder: String
    let members: [Member]
    let registry: RegistryID
    let founding: [UInt8]
    let hub: SiteID
    /// The store of one of the sites, which reads all and holds nothing yet.
    let readerFolder: String
    private let surroundings: Surroundings

    /// Makes both stores and closes them.
    ///
    /// - Parameters:
    ///   - count: Sites beside the hub and the reader.
    ///   - readingHub: So many of them, the first, read the hub's feeds and their own alone; the others read all.
    ///   - bench: Where the stores lie.
    /// - Throws: What making stores throws.
    init(_ count: Int, readingHub: Int, in bench: Workbench) throws {
        surroundings = bench.surroundings
        readerFolder = "\(bench.directory)/\(bench.nextNumber())-READER"
        let reader = try LogStore.create(at: readerFolder, alias: "READER", in: bench.surroundings)
        folder = "\(bench.directory)/\(bench.nextNumber())-CROWD"
        var options = StoreOptions()
        // Thousands of feeds of one entry each.
        options.allocationStepBytes = 4096
        let log = try LogStore.create(at: folder, alias: "MAIN", in: bench.surroundings, options: options)
        let draft = RosterDraft(recordedMilliseconds: 1, zoneOffsetMinutes: 0, program: "bench")
        founding = try draft.founding(
            name: "bench",
            administrator: try log.publicKeys(),
            recoveryKey: Array(Curve25519.Signing.PrivateKey().publicKey.rawRepresentation),
            nonce: bench.surroundings.random.bytes(16)
        )
        registry = RegistryID(foundedBy: founding)
        hub = log.site
        members = try (0..<count).map { _ in
            guard let epoch = EpochID(bench.surroundings.random.bytes(EpochID.lengthBytes)) else {
                throw BenchmarkError("an epoch has another length")
            }
            return try Member(epoch: epoch)
        }
        _ = try log.append([founding], to: .roster)
        for store in [log, reader] { try store.join(RegistryMembership(foundingEntry: founding)) }
        // Every alias is another one, so it is enough to ask the roster as it was founded.
        let founded = try Roster(founding: founding)
        let hub = hub
        let admissions = try members.enumerated().map { number, member in
            try draft.admission(
                member.keys,
                alias: Self.alias(number),
                role: "clinic",
                reads: number < readingHub ? [hub] : [],
                in: founded
            )
        }
        let last = try draft.admission(try reader.publicKeys(), alias: "READER", role: "clinic", in: founded)
        _ = try log.append(admissions + [last], to: .roster)
        try reader.close()
        for (member, entry) in zip(members, Corpus.plain(count)) {
            let (block, checkpoint) = try member.records([entry], after: member.start, in: registry)
            try log.receive([block], of: member.feed, key: member.publicKey, after: member.start)
            try log.attest(checkpoint, key: member.publicKey)
        }
        try log.close()
    }

    /// AAA, AAB, AAC …
    private static func alias(_ number: Int) -> String {
        var letters = ""
        var rest = number
        for _ in 0..<3 {
            letters = String(UnicodeScalar(UInt8(ascii: "A") + UInt8(rest % 26))) + letters
            rest /= 26
        }
        return letters
    }

    /// A store as another process has it open.
    func open(_ folder: String) throws -> LogStore { try LogStore.open(at: folder, in: surroundings) }

    func remove() throws {
        for folder in [folder, readerFolder] { try FileManager.default.removeItem(atPath: folder) }
    }
}
