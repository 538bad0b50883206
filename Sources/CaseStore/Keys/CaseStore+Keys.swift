import CaseModel
package import LogFormat
import LogStore
import Synchronization

// The keys of persons, here and on their way to other sites.
extension CaseStore {
    func opened(_ change: RecordChange) throws -> RecordChange { try keys.readable(change) }

    /// The keys held here, sealed to another site that treats the same persons.
    ///
    /// - Parameters:
    ///   - site: The receiver.
    ///   - agreementKey: Its X25519 public key, 32 bytes, from the roster.
    ///   - authors: Whose entries it is given: the keys of persons of whom one of these recorded an identifying value are
    ///     meant for it. nil: it is given all entries, and all keys.
    ///   - mark: What the receiver says it has: a mark given here before. Empty or not known: it is given all that are meant
    ///     for it.
    /// - Returns: Packets that only this site can open, each at most 17 KiB, none when the receiver has all; and the mark that
    ///   stands for all keys here that are meant for it. Never a key that was destroyed here.
    /// - Throws: ``CaseStoreError`` with `.keys` when the keys can not be read, or `agreementKey` is none; `.view`.
    /// - Complexity: O(keys); with `authors`, O(records with identifying values) when the log has grown since the last call.
    package func keyPackets(
        for site: SiteID,
        agreementKey: [UInt8],
        ofAuthors authors: Set<SiteID>? = nil,
        after mark: [UInt8] = []
    ) throws -> (packets: [[UInt8]], mark: [UInt8]) {
        let (missing, end): ([PersonKey], [UInt8])
        if let authors {
            let written = try authorsOfSealed()
            (missing, end) = try keys.following(mark) { !(written[$0] ?? []).isDisjoint(with: authors) }
        } else {
            (missing, end) = try keys.following(mark)
        }
        var packets: [[UInt8]] = []
        for start in stride(from: 0, to: missing.count, by: Limits.keysPerPacket) {
            let part = Array(missing[start...].prefix(Limits.keysPerPacket))
            packets.append(try KeyPacket.seal(part, from: log.site, to: site, agreementKey: agreementKey))
        }
        return (packets, end)
    }

    /// Of each key, who recorded values sealed with it; looked up once for all who are offered keys, until the log grows.
    private func authorsOfSealed() throws -> [[UInt8]: Set<SiteID>] {
        let moment = basis.digest
        if let known = sealedAuthors.withLock({ $0 }), known.moment == moment { return known.authors }
        let authors = try query { try $0.authorsOfSealed() }
        sealedAuthors.withLock { $0 = (moment, authors) }
        return authors
    }

    /// The last mark of each site that was kept with its keys.
    ///
    /// - Throws: ``CaseStoreError`` with `.keys` when they can not be read.
    package func keyMarks() throws -> [SiteID: [UInt8]] { try keys.marks() }

    /// Keeps keys that came from another site, and makes the names they open readable.
    ///
    /// - Parameters:
    ///   - packets: As ``keyPackets(for:agreementKey:after:)`` made them there.
    ///   - site: Who sent them, as proven by the connection or the signature of a bundle.
    ///   - mark: Stands for all keys of that site up to these; kept where all packets were. Empty: none.
    ///   - passesOverOthers: Some may be for other sites: what does not open is no mistake.
    /// - Returns: How many keys were new; durable. A key that was destroyed here is not taken again, and not counted.
    /// - Throws: ``CaseStoreError`` with `.keys` for a packet that is not for this site, not from `site`, or was altered;
    ///   the others are kept all the same.
    package func accept(
        _ packets: [[UInt8]],
        from site: SiteID,
        upTo mark: [UInt8] = [],
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
        let count = try self.keys.keep(
            keys,
            origin: site.bytes,
            isNews: true,
            upTo: problem == nil && !passesOverOthers ? mark : []
        )
        try showNewNames()
        // Of a person who was erased while the key was on its way.
        try settleErasures()
        if let problem { throw problem }
        return count
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
        try view.refold(sealedWith: news, destroyed: try keys.destroyed(among: news), open: opened)
        try keys.noteShown(news)
    }
}
