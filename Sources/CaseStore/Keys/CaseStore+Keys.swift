package import CaseModel
package import LogFormat
import LogStore

// The keys of persons, here and on their way to other sites.
extension CaseStore {
    func opened(_ change: RecordChange) throws -> RecordChange { try keys.readable(change) }

    /// The keys held here, sealed to another site that treats the same persons.
    ///
    /// - Parameters:
    ///   - site: The receiver.
    ///   - agreementKey: Its X25519 public key, 32 bytes, from the roster.
    ///   - known: Ids of keys the receiver is known to hold, which are left out.
    /// - Returns: Packets that only this site can open, each at most 17 KiB, and the ids of the keys inside; empty when
    ///   the receiver holds all.
    /// - Throws: ``CaseStoreError`` with `.keys` when the keys can not be read, or `agreementKey` is none.
    package func keyPackets(
        for site: SiteID,
        agreementKey: [UInt8],
        knownByPeer known: Set<[UInt8]> = []
    ) throws -> (packets: [[UInt8]], keyIDs: [[UInt8]]) {
        let missing = try keys.all().filter { !known.contains($0.id) }
        var packets: [[UInt8]] = []
        for start in stride(from: 0, to: missing.count, by: Limits.keysPerPacket) {
            let part = Array(missing[start...].prefix(Limits.keysPerPacket))
            packets.append(try KeyPacket.seal(part, from: log.site, to: site, agreementKey: agreementKey))
        }
        return (packets, missing.map(\.id))
    }

    /// Keeps keys that came from another site, and makes the names they open readable.
    ///
    /// - Parameters:
    ///   - packets: As ``keyPackets(for:agreementKey:knownByPeer:)`` made them there.
    ///   - site: Who sent them, as proven by the connection or the signature of a bundle.
    ///   - passesOverOthers: Some may be for other sites: what does not open is no mistake.
    /// - Returns: How many keys were new; durable. A key that was destroyed here is not taken again, and not counted.
    /// - Throws: ``CaseStoreError`` with `.keys` for a packet that is not for this site, not from `site`, or was altered;
    ///   the others are kept all the same.
    package func accept(
        _ packets: [[UInt8]],
        from site: SiteID,
        passingOverOthers passesOverOthers: Bool = false
    ) throws -> Int {
        var problem: CaseStoreError?
        var keys: [PersonKey] = []
        let agreementKey = try log.requireIdentity().agreementKey
        for packet in packets {
            do throws(CaseStoreError) {
                keys += try KeyPacket.open(packet, from: site, to: log.site, with: agreementKey)
            } catch {
                if !passesOverOthers { problem = error }
            }
        }
        let count = try self.keys.keep(keys, origin: site.bytes, isNews: true)
        try showNewNames()
        if let problem { throw problem }
        return count
    }

    // MARK: - Erasure

    /// Destroys the keys of a person at this site, for good: the identifying values can not be read here again, and the keys
    /// are refused when a peer sends them. The clinical record stays as it is, under its case number.
    ///
    /// Other sites keep theirs until they do the same, and backups until they are overwritten.
    ///
    /// - Parameters:
    ///   - person: Whose keys.
    ///   - others: Other persons whose values may be lost with them, when one key opens those too.
    /// - Returns: How many keys were destroyed; durable. Names are gone from the read model when this returns, or when it is
    ///   next opened.
    /// - Throws: ``CaseStoreError`` with `.invalid` when a key opens values of a person who is not among `others`, who is
    ///   named: nothing was destroyed then. With `.keys` or `.view` when that can not be written.
    @discardableResult
    package func destroyKeys(of person: RecordID, alsoOf others: Set<RecordID> = []) throws -> Int {
        try catchUp()
        let ids = try query { table -> [[UInt8]] in
            guard let row = try table.recordRow(person) else { return [] }
            var doomed: [[UInt8]] = []
            for (id, opensHere) in try uses(of: row, by: person, table) {
                let elsewhere = try users(of: id, otherThan: person, table)
                let losers = elsewhere.filter { $0.isOpened && !others.contains($0.person) }.map(\.person)
                guard losers.isEmpty || !opensHere else {
                    throw CaseStoreError(
                        .invalid,
                        "A key of this person opens values of \(losers.map(names.reference).joined(separator: ", ")) too,"
                            + " which would be lost with it: nothing was destroyed."
                    )
                }
                // What only claims to be sealed with a key must not destroy the key of somebody else.
                if try opensHere || (keys.key(id) == nil && elsewhere.isEmpty) { doomed.append(id) }
            }
            return doomed
        }
        try keys.destroy(ids)
        try showNewNames()
        return ids.count
    }

    /// The keys a person's values are sealed with, ascending, and whether each opens one here.
    private func uses(of row: Int64, by person: RecordID, _ table: RecordTable) throws -> [(id: [UInt8], Bool)] {
        var opens: [[UInt8]: Bool] = [:]
        for change in try table.changes(ofRecord: row) {
            guard let sealed = change.sealed, sealed.person == person else { continue }
            opens[sealed.keyID, default: false] = opens[sealed.keyID] == true || change.isOpened
        }
        return opens.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
    }

    /// Other persons whose values say they are sealed with a key, and whether it opens them.
    private func users(
        of id: [UInt8],
        otherThan person: RecordID,
        _ table: RecordTable
    ) throws -> [(person: RecordID, isOpened: Bool)] {
        try table.rows(sealedWith: id).flatMap { row in
            try table.changes(ofRecord: row).compactMap { change in
                guard let sealed = change.sealed, sealed.keyID == id, sealed.person != person else { return nil }
                return (sealed.person, change.isOpened)
            }
        }
    }

    /// Makes names readable whose keys have come, and takes those away whose keys were destroyed; also what a process did
    /// not get to that died meanwhile.
    func showNewNames() throws {
        let news = try keys.news()
        guard !news.isEmpty else { return }
        // Not while another process builds a new read model that may have looked for these keys already.
        let lock = view.path == nil ? nil : try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        try useCurrent()
        let isErasing = try !keys.destroyed(among: news).isEmpty
        try view.refold(sealedWith: news, isErasing: isErasing, open: opened)
        try keys.noteShown(news)
    }
}
