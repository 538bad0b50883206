import LogFormat
import Schema

/// Who administered a registry, one after the other, from what is held of lane 0: a function of the set of entries.
///
/// The founder begins. A term ends with a handover: of several, which only a copied or restored administrator can write,
/// the one recorded first counts. A recovery begins anew, whatever handovers say; the one with the largest number counts last.
/// Whatever ends a term says up to which heads the feeds count that were written in it.
struct RosterSuccession {
    /// In order; the last one lasts. Never empty.
    private(set) var terms: [RosterTerm]
    /// The recoveries, in their order.
    let recoveries: [Roster.HeldRecovery]

    /// An administrator appointed with the recovery key.
    private struct Appointment {
        let number: UInt32
        let term: TermID
        let keys: SiteKeySet
        let ends: [FeedID: Set<RosterLimit.Head>]
        let body: [UInt8]
        var sites: Set<SiteID>
    }

    /// - Parameters:
    ///   - founder: The founding entry's.
    ///   - recoveryKey: The founding entry's.
    ///   - registry: Which.
    ///   - entries: In the order of ``RosterReading/comesFirst(_:_:)``.
    ///   - histories: Of all entries that are held.
    ///   - verdicts: What is known of signatures.
    /// - Complexity: O(terms x entries), two signature checks for each recovery that is looked at.
    init(
        founder: SiteKeySet,
        recoveryKey: [UInt8],
        registry: RegistryID,
        entries: [RosterReading],
        histories: RosterHistories,
        knowing verdicts: inout SignatureVerdicts
    ) {
        terms = []
        let appointments = Self.appointments(in: entries, recoveryKey: recoveryKey, registry, &verdicts)
        recoveries = appointments.map {
            Roster.HeldRecovery(term: $0.term, number: $0.number, body: $0.body, sites: $0.sites.sorted())
        }
        let roots = [(id: TermID?.none, keys: founder)] + appointments.map { (id: $0.term, keys: $0.keys) }
        for (index, root) in roots.enumerated() {
            // A later recovery adds to what an earlier one names, and takes nothing of it.
            let later = appointments[index...]
            let ends = later.reduce(into: [FeedID: Set<RosterLimit.Head>]()) { ends, next in
                ends.merge(next.ends) { $0.union($1) }
            }
            let limits = later.isEmpty ? [] : [RosterLimit(ends, histories)]
            addTerms(from: RosterTerm(id: root.id, keys: root.keys, limits: limits), entries, histories, &verdicts)
        }
    }

    /// Adds a term and those it was handed on to.
    private mutating func addTerms(
        from root: RosterTerm,
        _ entries: [RosterReading],
        _ histories: RosterHistories,
        _ verdicts: inout SignatureVerdicts
    ) {
        var term = root
        // A handover names the term it ends, and is part of the name of the one it begins: there is no circle.
        while let next = Self.handover(ending: term, entries, &verdicts) {
            term.limits.append(RosterLimit(next.ends, histories))
            terms.append(term)
            term = RosterTerm(id: next.term, keys: next.keys, limits: root.limits)
        }
        terms.append(term)
    }

    private static func handover(
        ending term: RosterTerm,
        _ entries: [RosterReading],
        _ verdicts: inout SignatureVerdicts
    ) -> (term: TermID, keys: SiteKeySet, ends: [FeedID: Set<RosterLimit.Head>])? {
        var first: (entry: RosterReading, handover: Handover, keys: SiteKeySet)?
        for entry in entries where term.covers(entry) {
            for body in entry.bodies where body.hasHandover && body.isOf(term) {
                guard first.map({ entry.recordedMilliseconds < $0.entry.recordedMilliseconds }) ?? true,
                    let keys = SiteKeySet(body.handover.successor, knowing: &verdicts),
                    keys.signing.siteID != term.holder
                else { continue }
                first = (entry, body.handover, keys)
            }
        }
        guard let first else { return nil }
        let entry = first.entry
        var ends = Self.heads(
            first.handover.cutOffs.compactMap { $0.head(of: term.holder) }
        )
        // The same words at the same place of several histories are one handover, and end each of them there.
        let same = entries.filter { other in
            other.feed == entry.feed && other.position == entry.position && other.bytes == entry.bytes
                && term.covers(other)
        }
        ends[entry.feed] = Set(same.map { RosterLimit.Head(position: $0.position, digest: $0.link?.after) })
        return (TermID(begunBy: content(of: entry)), first.keys, ends)
    }

    /// What is named of each feed of lane 0.
    private static func heads(_ named: [(feed: FeedID, head: FeedHead)]) -> [FeedID: Set<RosterLimit.Head>] {
        named.reduce(into: [:]) { heads, end in
            guard end.feed.lane == .roster else { return }
            heads[end.feed, default: []].insert(.init(position: end.head.position, digest: end.head.digest))
        }
    }

    /// What names the term that a handover begins.
    private static func content(of entry: RosterReading) -> [UInt8] {
        var content = entry.feed.site.bytes + entry.feed.epoch.bytes + [entry.feed.lane.rawValue]
        content.append(littleEndian: entry.position)
        return content + entry.bytes
    }

    /// Ascending: of two with one number, which two people with the paper can make, the larger name counts last.
    private static func appointments(
        in entries: [RosterReading],
        recoveryKey: [UInt8],
        _ registry: RegistryID,
        _ verdicts: inout SignatureVerdicts
    ) -> [Appointment] {
        guard let key = SitePublicKey(recoveryKey) else { return [] }
        var found: [TermID: Appointment] = [:]
        // Whoever is listed may write as many as he likes, and everybody looks at them.
        var looked: [SiteID: Int] = [:]
        for entry in entries {
            for recovery in entry.bodies.lazy.filter(\.hasRecovery).map(\.recovery) {
                guard looked[entry.feed.site, default: 0] < Limits.recoveriesPerSite else { break }
                looked[entry.feed.site, default: 0] += 1
                let statement = recovery.statement(in: registry)
                guard recovery.number > 0,
                    verdicts.holds([UInt8](recovery.signature), of: key, for: statement),
                    let keys = SiteKeySet(recovery.administrator, knowing: &verdicts)
                else { continue }
                let term = TermID(begunBy: statement)
                guard found[term] == nil else {
                    found[term]?.sites.insert(entry.feed.site)
                    continue
                }
                let ends = heads(
                    recovery.cutOffs.compactMap { row in SiteID(row.site).flatMap { row.cutOff.head(of: $0) } }
                )
                var body = RosterBody()
                body.recovery = recovery
                found[term] = Appointment(
                    number: recovery.number,
                    term: term,
                    keys: keys,
                    ends: ends,
                    body: body.encodedBytes(),
                    sites: [entry.feed.site]
                )
            }
        }
        return found.values.sorted { ($0.number, $0.term) < ($1.number, $1.term) }
    }
}

extension Recovery {
    /// What the recovery key signs: context `abscope recovery 1`, the registry, and the message without its signature.
    func statement(in registry: RegistryID) -> [UInt8] {
        var message = self
        message.clearSignature()
        return SignatureContext.recovery.message(registry: registry, content: message.encodedBytes())
    }
}
