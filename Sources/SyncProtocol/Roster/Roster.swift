package import LogFormat
import Schema

/// Who belongs to a registry and who administers it: what administrators wrote in lane 0, read as a set.
///
/// The order in which entries arrive, new epochs and forks of an administrator do not matter: every site that holds the
/// same entries has the same roster, whichever history of a forked feed it holds as the feed and which one is carried to it.
/// A revocation is final, whatever else is written, and a cut-off is only ever raised.
package struct Roster: Hashable, Sendable {
    package let registry: RegistryID
    /// The registry's name, for people.
    package let name: String
    /// The one site whose roster entries count now.
    package let administrator: SiteID
    /// Every site whose roster entries counted once or count now, ascending.
    package let authorities: [SiteID]
    /// The term in which the administrator writes; nil for the founder's first.
    package let term: TermID?
    /// The public half of the key on paper, 32 bytes.
    package let recoveryKey: [UInt8]
    /// The largest number of a recovery with that key; 0 before the first.
    package let recoveries: UInt32
    /// Ascending by site; revoked ones are among them.
    package private(set) var members: [RosterMember]
    /// Their ids: looked through all the time, and small enough to stay at hand.
    private let sites: [SiteID]
    /// The places of revoked members.
    private let revokedIndices: [Int]
    /// How many entries said nothing that counts: not an administrator's, beyond the end of its term, unreadable, or a
    /// signature that fails. Recoveries are not among them.
    package private(set) var ignoredEntries = 0
    /// The recoveries there were, in their order.
    package let recoveriesHeld: [HeldRecovery]

    /// - Parameters:
    ///   - founding: The founding entry as it lies in the log; its SHA-256 is the registry.
    ///   - entries: All entries of lane 0 that are held, in any order, the founding one among them or not; of forked feeds
    ///     those of all histories, with their links.
    /// - Throws: `.illFormed`, `.signature` when `founding` founds nothing.
    /// - Complexity: O(n log n), O(n) for each term of office, and the signature checks of
    ///   ``init(founding:entries:knowing:)``.
    package init(founding: [UInt8], entries: [RosterEntry] = []) throws(SyncError) {
        var verdicts = SignatureVerdicts()
        try self.init(founding: founding, entries: entries, knowing: &verdicts)
    }

    /// As ``init(founding:entries:)``, for who folds again and again.
    ///
    /// - Parameters:
    ///   - founding: The founding entry.
    ///   - entries: All entries of lane 0 that are held.
    ///   - verdicts: What earlier folds found out about signatures.
    /// - Throws: `.illFormed`, `.signature` when `founding` founds nothing.
    /// - Complexity: O(n log n), O(n) for each term of office; of what no fold has looked at lately a signature check for each
    ///   admission by an administrator, and two for each recovery, of which ``LogFormat/Limits/recoveriesPerSite`` of a site
    ///   are looked at.
    package init(
        founding: [UInt8],
        entries: [RosterEntry],
        knowing verdicts: inout SignatureVerdicts
    ) throws(SyncError) {
        verdicts.begin()
        let start = try Self.founding(of: founding)
        let keys = try SiteKeySet(start.administrator)
        registry = RegistryID(foundedBy: founding)
        name = start.name
        recoveryKey = [UInt8](start.recoveryKey)
        let different = Set(entries)
        // In one order at every site, whatever order they arrived in.
        let read = different.compactMap(RosterReading.init).sorted(by: RosterReading.comesFirst)
        let histories = RosterHistories(different)
        let succession = RosterSuccession(
            founder: keys,
            recoveryKey: recoveryKey,
            registry: registry,
            entries: read,
            histories: histories,
            knowing: &verdicts
        )
        let terms = succession.terms
        recoveriesHeld = succession.recoveries
        recoveries = recoveriesHeld.last?.number ?? 0
        term = terms[terms.count - 1].id
        administrator = terms[terms.count - 1].holder
        authorities = Set(terms.map(\.holder)).sorted()

        var fold = Fold(administrator: administrator, histories, knowing: verdicts)
        // The last first: what it revokes limits what earlier ones wrote, and never the other way round.
        for (number, term) in terms.enumerated().reversed() { fold.take(term, number, read) }
        verdicts = fold.verdicts
        var members: [SiteID: RosterMember] = [:]
        for term in terms { members[term.holder] = RosterMember(administrator: term.keys) }
        for site in fold.admissions.keys.sorted() {
            guard let admission = fold.admissions[site]?.values.max() else { continue }
            members[site] = try RosterMember(admission.value, recordedMilliseconds: admission.recorded)
        }
        for (site, revocation) in fold.revocations {
            members[site]?.cutOffs = revocation.cutOffs
            members[site]?.revocationReason = revocation.reason?.value ?? ""
        }
        let sorted = members.values.sorted { $0.site < $1.site }
        self.members = sorted
        sites = sorted.map(\.site)
        revokedIndices = sorted.indices.filter { sorted[$0].isRevoked }
        ignoredEntries =
            different.count - read.count
            + read.count { entry in
                !entry.bodies.isEmpty && !fold.hasCounted(entry) && !entry.bodies.contains(where: \.hasRecovery)
            }
        makeAliasesUnique()
    }

    /// The member with this id, revoked or not.
    ///
    /// - Complexity: O(log n).
    package subscript(site: SiteID) -> RosterMember? { index(of: site).map { members[$0] } }

    /// A member has many parts, and sessions ask about feeds all the time: what they need is looked at where it lies.
    private func index(of site: SiteID) -> Int? {
        let index = sites.partitioningIndex { $0 >= site }
        return index < sites.count && sites[index] == site ? index : nil
    }

    /// Whether a site is a member, revoked or not.
    func lists(_ site: SiteID) -> Bool { index(of: site) != nil }

    /// Whether a site is a member whose feeds are cut off nowhere.
    func isOpen(_ site: SiteID) -> Bool { index(of: site).map { members[$0].cutOffs == nil } ?? false }

    /// The revoked members, ascending.
    var revoked: [RosterMember] { revokedIndices.map { members[$0] } }

    /// Sites that are members here and not there, ascending.
    func sites(missingIn other: Roster) -> [SiteID] {
        sites == other.sites ? [] : sites.filter { !other.lists($0) }
    }

    /// How a key stands that a peer has proven.
    package func standing(of key: SitePublicKey) -> Standing {
        guard let member = self[key.siteID] else { return .stranger }
        return member.isRevoked ? .revoked : .member
    }

    /// How a key stands in a roster.
    package enum Standing: Hashable, Sendable {
        case member
        case revoked
        case stranger
    }

    /// Whether a site is given, and asks for, a feed: its own, those it reads, and lane 0 of every listed site, which is
    /// never clinical and where an administrator may be appointed by anybody who has the key on paper.
    package func reads(_ reader: SiteID, _ feed: FeedID) -> Bool {
        if feed.site == reader || (feed.lane == .roster && index(of: feed.site) != nil) { return true }
        guard let index = index(of: reader), members[index].cutOffs == nil else { return false }
        return members[index].reads.isEmpty || members[index].role == "hub" || members[index].reads.contains(feed.site)
    }

    /// Whose entries a member is given, its own among them; nil: everybody's. Lane 0, which all are given, left out.
    package func authors(givenTo reader: SiteID) -> Set<SiteID>? { scope(of: reader).sites }

    /// Of which sites' feeds a reader may be given something, looked up once for many questions.
    func scope(of reader: SiteID) -> Scope {
        guard let index = index(of: reader), members[index].cutOffs == nil else { return Scope(sites: [reader]) }
        let member = members[index]
        return Scope(sites: member.reads.isEmpty || member.role == "hub" ? nil : Set(member.reads + [reader]))
    }

    /// Feeds outside of it nobody has to ask ``reads(_:_:)`` about.
    struct Scope: Sendable {
        /// nil: all.
        fileprivate var sites: Set<SiteID>?

        func mayContain(_ feed: FeedID) -> Bool {
            feed.lane == .roster || sites.map { $0.contains(feed.site) } ?? true
        }
    }

    /// How far a feed is taken from the wire and given to others.
    package func bound(of feed: FeedID) -> Bound {
        guard let index = index(of: feed.site) else { return .nothing }
        guard let cutOffs = members[index].cutOffs else { return .open }
        guard let head = cutOffs[feed], head.position > 0 else { return .nothing }
        return .until(head)
    }

    /// How far a feed goes.
    package enum Bound: Hashable, Sendable {
        case open
        /// Up to the cut-off of a revoked site; at that position it has this digest.
        case until(FeedHead)
        /// The roster does not list the site, or names no cut-off for this feed of a revoked one.
        case nothing
    }

    /// The end of an empty feed of a listed site; nil when the roster does not list it.
    package func start(of feed: FeedID) -> FeedHead? {
        index(of: feed.site).map {
            FeedChain.start(key: members[$0].keys.signing, epoch: feed.epoch, lane: feed.lane)
        }
    }

    /// Whether a site administers the registry or did so once: its lane 0 is what a stranger has to be shown.
    package func isAuthority(_ site: SiteID) -> Bool { authorities.contains(site) }

    /// The first of the keys that a site had, one continuing the other; itself where it continues none that is listed.
    package func origin(of site: SiteID) -> SiteID {
        var (origin, seen) = (site, Set([site]))
        while let before = self[origin]?.continues, self[before] != nil, seen.insert(before).inserted {
            origin = before
        }
        return origin
    }

    // MARK: - Folding

    private static func founding(of bytes: [UInt8]) throws(SyncError) -> Founding {
        let refusal = SyncError(.illFormed, "This is not the founding entry of a registry.")
        do {
            let entry = try Entry(peerBytes: bytes)
            for change in entry.changes where change.kind == RosterDraft.kind && change.action == .create {
                let body = try RosterBody(peerBytes: [UInt8](change.body))
                if body.hasFounding { return body.founding }
            }
        } catch {
            throw refusal
        }
        throw refusal
    }

    /// Two keys with one alias, which only two epochs of the administrator can bring about, both get their id added. Keys
    /// of which one continues the other are one site for people and keep theirs.
    private mutating func makeAliasesUnique() {
        var uses: [String: Set<SiteID>] = [:]
        for member in members where !member.isRevoked {
            uses[member.alias, default: []].insert(origin(of: member.site))
        }
        let origins = members.map { origin(of: $0.site) }
        for index in members.indices {
            let others = uses[members[index].alias, default: []].subtracting([origins[index]])
            if !others.isEmpty { members[index].alias += "-" + members[index].site.bytes.prefix(3).hexadecimal }
        }
    }
}
