import CaseStore
import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol
import Synchronization

/// The records of the store as the daemon needs them: a read model that follows, and keys of persons to carry.
final class Records: PersonKeyExchange {
    private let store: CaseStore

    init(_ log: LogStore, in surroundings: Surroundings) throws {
        // The daemon shows no case numbers, so it needs no aliases.
        store = try CaseStore(log, names: SiteNames(aliases: [:], firstEpochs: [:]), in: surroundings)
    }

    /// Brings the read model up to the log; gives the entries it lacks all the same.
    func follow() throws -> UInt64 {
        try store.catchUp()
        return store.missingEntries
    }

    func keyPackets(
        for site: SiteID,
        agreementKey: [UInt8],
        ofAuthors authors: Set<SiteID>?,
        after mark: [UInt8]
    ) throws -> (packets: [[UInt8]], mark: [UInt8]) {
        try store.keyPackets(for: site, agreementKey: agreementKey, ofAuthors: authors, after: mark)
    }

    func accept(_ packets: [[UInt8]], from site: SiteID, upTo mark: [UInt8]) throws -> Int {
        try store.accept(packets, from: site, upTo: mark)
    }

    func marks() throws -> [SiteID: [UInt8]] { try store.keyMarks() }
}
