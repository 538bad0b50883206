import CaseModel
import Foundation
import GRDB
package import LogFormat
package import LogStore
package import StoreIO
import Synchronization

/// The records of a site: the log, the read model that answers questions about it, and the keys of persons.
///
/// The log alone is the truth. What is recorded is acknowledged by the log; the read model follows, and says how far
/// behind it is when it can not.
package final class CaseStore: Sendable {
    package let log: LogStore
    package let names: SiteNames
    let surroundings: Surroundings
    let keys: PersonKeyStore
    private let state: Mutex<State>

    private struct State {
        var view: ReadModel
        /// The own heads the read model had when it last caught up: what a caller has validated against.
        var expected: [FeedID: FeedHead] = [:]
        /// Entries of the log that the read model lacks, and why.
        var missing: UInt64 = 0
        var problem: String?
        var opened: [[UInt8]: PersonKey] = [:]
    }

    var view: ReadModel { state.withLock { $0.view } }

    /// Entries in the log that the read model lacks; 0 when it has caught up.
    package var missingEntries: UInt64 { state.withLock { $0.missing } }
    /// Why the read model could not catch up; nil when it did.
    package var viewProblem: String? { state.withLock { $0.problem } }

    /// Opens the records of a store and brings the read model up to the log.
    ///
    /// - Parameters:
    ///   - log: The open store.
    ///   - names: What sites are called.
    ///   - surroundings: The machine.
    ///   - progress: Entries applied so far and entries there are.
    /// - Throws: ``CaseStoreError``, `StorageError`. A read model that is not usable is built anew, without an error.
    package init(
        _ log: LogStore,
        names: SiteNames,
        in surroundings: Surroundings,
        progress: (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
    ) throws {
        self.log = log
        self.names = names
        self.surroundings = surroundings
        keys = try PersonKeyStore(path: "\(log.root)/keys.sqlite")
        state = Mutex(State(view: try ReadModel.open(in: log.paths.view, surroundings.fileSystem)))
        try catchUp(progress: progress)
    }

    // MARK: - Following the log

    /// Applies what is in the log and not in the read model.
    ///
    /// A read model that holds what the log does not is built anew. When it can not be written, ``missingEntries`` and
    /// ``viewProblem`` say so; nothing recorded is concerned.
    ///
    /// - Throws: `StorageError` when the log can not be read.
    package func catchUp(progress: (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }) throws {
        let target = try log.frontier()
        do {
            if try !fits(view, target) { try rebuild(progress: progress) }
            try follow(view, to: target, progress: progress)
            note(target, missing: 0, problem: nil)
        } catch let error as DatabaseError {
            let applied: [FeedID: FeedHead]
            do { applied = try view.frontier() } catch is DatabaseError { applied = [:] }
            let missing = target.rows.reduce(UInt64(0)) { sum, row in
                sum + row.head.position - min(row.head.position, applied[row.feed]?.position ?? 0)
            }
            note(target, missing: max(missing, 1), problem: "the read model can not be written (\(error.resultCode))")
        }
    }

    /// Builds the read model anew from the log, beside the one in use, and then uses it.
    ///
    /// - Throws: `StorageError`, ``CaseStoreError``, `DatabaseError`.
    package func rebuild(progress: (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }) throws {
        let next = try ReadModel.begin(in: log.paths.view, surroundings.fileSystem)
        let target = try log.frontier()
        try follow(next, to: target, progress: progress)
        try next.makeCurrent(surroundings.fileSystem)
        state.withLock { $0.view = next }
        note(target, missing: 0, problem: nil)
    }

    private func note(_ target: Frontier, missing: UInt64, problem: String?) {
        let own = target.rows.filter { $0.feed.site == log.site }
        state.withLock { state in
            state.expected = Dictionary(uniqueKeysWithValues: own.map { ($0.feed, $0.head) })
            state.missing = missing
            state.problem = problem
        }
    }

    /// Whether everything the read model holds is in the log.
    private func fits(_ view: ReadModel, _ target: Frontier) throws -> Bool {
        for (feed, head) in try view.frontier() {
            guard let there = target[feed], there.position >= head.position else { return false }
            if there.position == head.position {
                if there.digest != head.digest { return false }
            } else if try log.head(of: feed, at: head.position).digest != head.digest {
                return false
            }
        }
        return true
    }

    private func follow(_ view: ReadModel, to target: Frontier, progress: (UInt64, UInt64) -> Void) throws {
        var applied = try view.frontier()
        let total = target.rows.reduce(UInt64(0)) { $0 + $1.head.position }
        var done = applied.values.reduce(UInt64(0)) { $0 + $1.position }
        for row in target.rows {
            var position = applied[row.feed]?.position ?? 0
            while position < row.head.position {
                let entries = try log.entries(of: row.feed, after: position, limitBytes: 1 << 20)
                    .prefix { $0.reference.position <= row.head.position }
                guard let last = entries.last else {
                    throw CaseStoreError(
                        .invalid,
                        "Feed \(row.feed) ends before its published head: run `abscope log verify`."
                    )
                }
                let head =
                    last.reference.position == row.head.position
                    ? row.head : try log.head(of: row.feed, at: last.reference.position)
                let isDone = try view.apply(
                    entries.map { ReadModel.Applied(reference: $0.reference, bytes: $0.bytes) },
                    of: row.feed,
                    before: position,
                    after: head,
                    milliseconds: surroundings.clock.millisecondsSinceEpoch(),
                    open: opened
                )
                if !isDone {
                    // Another process applied it meanwhile.
                    applied = try view.frontier()
                    position = applied[row.feed]?.position ?? 0
                    continue
                }
                done += last.reference.position - position
                position = last.reference.position
                progress(done, total)
            }
        }
    }

    /// The own heads that whoever validates now validates against.
    var expected: [FeedID: FeedHead] { state.withLock { $0.expected } }

    // MARK: - Keys

    /// The change with its identifying fields readable, where the key is here.
    func opened(_ change: RecordChange) throws -> RecordChange {
        guard let sealed = change.sealed, let key = try key(sealed.keyID) else { return change }
        do throws(CaseModel.RecordError) {
            return try change.opened(with: key)
        } catch {
            // Altered, or sealed with another key under the same id: it stays closed, and is shown as sealed.
            guard error.code == .cannotOpen else { throw error }
            return change
        }
    }

    func key(_ id: [UInt8]) throws -> PersonKey? {
        if let known = state.withLock({ $0.opened[id] }) { return known }
        guard let key = try keys.key(id) else { return nil }
        state.withLock { $0.opened[id] = key }
        return key
    }

    /// The keys held here, sealed to another site that treats the same persons.
    ///
    /// - Parameters:
    ///   - site: The receiver.
    ///   - agreementKey: Its X25519 public key, from the roster.
    ///   - known: Ids of keys the receiver is known to hold, which are left out.
    /// - Returns: Packets that only this site can open; empty when it holds all.
    package func keyPackets(
        for site: SiteID,
        agreementKey: [UInt8],
        knownByPeer known: Set<[UInt8]> = []
    ) throws -> (packets: [[UInt8]], keyIDs: [[UInt8]]) {
        let missing = try keys.all().filter { !known.contains($0.id) }
        var packets: [[UInt8]] = []
        for start in stride(from: 0, to: missing.count, by: KeyPacket.keysPerPacket) {
            let part = missing[start...].prefix(KeyPacket.keysPerPacket).map(\.key)
            packets.append(try KeyPacket.seal(part, from: log.site, to: site, agreementKey: agreementKey))
        }
        return (packets, missing.map(\.id))
    }

    /// Keeps keys that came from another site, and makes the names they open readable.
    ///
    /// - Returns: How many were new.
    /// - Throws: ``CaseStoreError`` with `.keys` for a packet that is not for this site or was altered; others before it
    ///   are kept.
    package func accept(_ packets: [[UInt8]], from site: SiteID) throws -> Int {
        var count = 0
        for packet in packets {
            let keys = try KeyPacket.open(packet, from: site, to: log.site, with: log.identity.agreementKey)
            let added = try self.keys.keep(keys, origin: site.bytes)
            for id in added { try view.refold(sealedWith: id, open: opened) }
            count += added.count
        }
        return count
    }
}
