import LogFormat
import Schema

/// Who administered a registry, one after the other, from what is held of lane 0: a function of the set of entries.
///
/// The founder begins. A term ends with a handover: of several, which only a copied or restored administrator can write,
/// the one recorded first counts. A recovery begins anew, whatever handovers say; the one with the largest number counts last.
/// Whatever ends a term says up to where each feed counts that was written in it.
struct RosterSuccession {
    /// In order; the last one lasts. Never empty.
    private(set) var terms: [RosterTerm]
    /// The largest number of a recovery; 0 when there was none.
    private(set) var recoveries: UInt32 = 0

    /// An administrator appointed with the recovery key.
    private struct Appointment {
        let number: UInt32
        let term: TermID
        let keys: SiteKeySet
        let ends: [FeedID: UInt64]
    }

    /// - Parameters:
    ///   - founder: The founding entry's.
    ///   - recoveryKey: The founding entry's.
    ///   - registry: Which.
    ///   - entries: In the order of ``RosterReading/comesFirst(_:_:)``.
    /// - Complexity: O(terms x entries), three signature checks for each recovery.
    init(founder: SiteKeySet, recoveryKey: [UInt8], registry: RegistryID, entries: [RosterReading]) {
        terms = []
        let appointments = Self.appointments(in: entries, recoveryKey: recoveryKey, registry)
        recoveries = appointments.last?.number ?? 0
        let roots = [(id: TermID?.none, keys: founder)] + appointments.map { (id: $0.term, keys: $0.keys) }
        for (index, root) in roots.enumerated() {
            // A cut-off can be raised by a later recovery, and is never lowered.
            let later = appointments[index...]
            let ends = later.dropFirst().reduce(into: later.first?.ends) { ends, next in
                ends?.merge(next.ends) { max($0, $1) }
            }
            addTerms(from: RosterTerm(id: root.id, keys: root.keys, limits: ends), entries)
        }
    }

    /// Adds a term and those it was handed on to.
    private mutating func addTerms(from root: RosterTerm, _ entries: [RosterReading]) {
        var term = root
        // A handover names the term it ends, and is part of the name of the one it begins: there is no circle.
        while let next = Self.handover(ending: term, entries) {
            term.limit(to: next.limits)
            terms.append(term)
            term = RosterTerm(id: next.term, keys: next.keys, limits: root.limits)
        }
        terms.append(term)
    }

    private static func handover(
        ending term: RosterTerm,
        _ entries: [RosterReading]
    ) -> (term: TermID, keys: SiteKeySet, limits: [FeedID: UInt64])? {
        var first: (entry: RosterReading, handover: Handover, keys: SiteKeySet)?
        for entry in entries where term.covers(entry.feed, entry.position) {
            for body in entry.bodies where body.hasHandover && body.isOf(term) {
                guard first.map({ entry.recordedMilliseconds < $0.entry.recordedMilliseconds }) ?? true,
                    let keys = keys(body.handover.successor), keys.signing.siteID != term.holder
                else { continue }
                first = (entry, body.handover, keys)
            }
        }
        guard let first else { return nil }
        let entry = first.entry
        var limits: [FeedID: UInt64] = [:]
        for cutOff in first.handover.cutOffs {
            guard let (feed, head) = cutOff.head(of: term.holder), feed.lane == .roster else { continue }
            limits[feed] = max(head.position, limits[feed] ?? 0)
        }
        limits[entry.feed] = entry.position
        return (TermID(begunBy: content(of: entry)), first.keys, limits)
    }

    /// What names the term that a handover begins.
    private static func content(of entry: RosterReading) -> [UInt8] {
        var content = entry.feed.site.bytes + entry.feed.epoch.bytes + [entry.feed.lane.rawValue]
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            content.append(UInt8(truncatingIfNeeded: entry.position >> shift))
        }
        return content + entry.bytes
    }

    /// Ascending: of two with one number, which two people with the paper can make, the larger name counts last.
    private static func appointments(
        in entries: [RosterReading],
        recoveryKey: [UInt8],
        _ registry: RegistryID
    ) -> [Appointment] {
        guard let key = SitePublicKey(recoveryKey) else { return [] }
        var found: [TermID: Appointment] = [:]
        for body in entries.flatMap(\.bodies) where body.hasRecovery {
            let statement = body.recovery.statement(in: registry)
            let term = TermID(begunBy: statement)
            guard found[term] == nil, body.recovery.number > 0,
                key.isValidSignature([UInt8](body.recovery.signature), for: statement),
                let keys = keys(body.recovery.administrator)
            else { continue }
            var ends: [FeedID: UInt64] = [:]
            for row in body.recovery.cutOffs {
                guard let site = SiteID(row.site), let (feed, head) = row.cutOff.head(of: site) else { continue }
                ends[feed] = max(head.position, ends[feed] ?? 0)
            }
            found[term] = Appointment(number: body.recovery.number, term: term, keys: keys, ends: ends)
        }
        return found.values.sorted { ($0.number, $0.term) < ($1.number, $1.term) }
    }

    private static func keys(_ keys: SiteKeys) -> SiteKeySet? {
        do {
            return try SiteKeySet(keys)
        } catch {
            return nil
        }
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
