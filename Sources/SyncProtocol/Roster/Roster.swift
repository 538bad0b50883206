package import LogFormat
import Schema

/// Who belongs to a registry: what its administrator wrote in lane 0, read as a set.
///
/// The order in which entries arrive, new epochs and forks of the administrator do not matter: every site that holds the
/// same entries has the same roster. A revocation is final, whatever else is written.
package struct Roster: Sendable {
    package let registry: RegistryID
    /// The registry's name, for people.
    package let name: String
    /// The one site whose roster entries count.
    package let administrator: SiteID
    /// Ascending by site; revoked ones are among them.
    package private(set) var members: [RosterMember]
    /// How many entries said nothing that counts: not the administrator's, unreadable, or a signature that fails.
    package private(set) var ignoredEntries = 0

    /// - Parameters:
    ///   - founding: The founding entry as it lies in the log; its SHA-256 is the registry.
    ///   - entries: All entries of lane 0 that are held, in any order, the founding one among them or not.
    /// - Throws: `.illFormed`, `.signature` when `founding` founds nothing.
    /// - Complexity: O(n log n), two signature checks for each admission at most.
    package init(founding: [UInt8], entries: [RosterEntry] = []) throws(SyncError) {
        let start = try Self.founding(of: founding)
        let keys = try SiteKeySet(start.administrator)
        let administrator = keys.signing.siteID
        registry = RegistryID(foundedBy: founding)
        name = start.name
        self.administrator = administrator

        var admissions: [SiteID: [FeedID: Statement<Admission>]] = [:]
        var cutOffs: [SiteID: [FeedID: FeedHead]] = [:]
        var ignored = 0
        // In one order at every site, whatever order they arrived in.
        for entry in Set(entries).sorted(by: Self.comesFirst) {
            guard entry.feed.lane == .roster, entry.feed.site == administrator, let read = Self.read(entry.bytes) else {
                ignored += 1
                continue
            }
            for body in read.bodies {
                if body.hasAdmission {
                    guard let site = Self.admittedSite(body.admission) else {
                        ignored += 1
                        continue
                    }
                    let statement = Statement(value: body.admission, feed: entry.feed, recorded: read.recorded)
                    admissions[site, default: [:]][entry.feed] = statement
                }
                // The administrator's own key is not revoked by itself: authority would be gone with it.
                if body.hasRevocation, let site = SiteID(body.revocation.site), site != administrator {
                    cutOffs[site, default: [:]].merge(Self.heads(body.revocation, site: site)) {
                        $0.position >= $1.position ? $0 : $1
                    }
                }
            }
        }
        var members = [RosterMember(administrator: keys)]
        for site in admissions.keys.sorted() {
            guard let admission = admissions[site]?.values.max()?.value else { continue }
            let member = try RosterMember(admission)
            if site == administrator { members[0] = member } else { members.append(member) }
        }
        for index in members.indices { members[index].cutOffs = cutOffs[members[index].site] }
        self.members = members.sorted { $0.site < $1.site }
        ignoredEntries = ignored
        makeAliasesUnique()
    }

    /// The member with this id, revoked or not.
    package subscript(site: SiteID) -> RosterMember? {
        members.first { $0.site == site }
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

    /// Whether a site is given, and asks for, a feed: its own, the administrator's lane 0, and those it reads.
    package func reads(_ reader: SiteID, _ feed: FeedID) -> Bool {
        if feed.site == reader || (feed.lane == .roster && feed.site == administrator) { return true }
        guard let member = self[reader], !member.isRevoked else { return false }
        return member.reads.isEmpty || member.role == "hub" || member.reads.contains(feed.site)
    }

    /// How far a feed is taken from the wire and given to others.
    package func bound(of feed: FeedID) -> Bound {
        guard let member = self[feed.site] else { return .nothing }
        guard let cutOffs = member.cutOffs else { return .open }
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
        self[feed.site].map { FeedChain.start(key: $0.keys.signing, epoch: feed.epoch, lane: feed.lane) }
    }

    // MARK: - Folding

    /// The last of a feed's statements about one site. Between feeds of the administrator (its epochs) the one recorded
    /// later counts, then the larger epoch.
    private struct Statement<Value>: Comparable {
        var value: Value
        var feed: FeedID
        var recorded: Int64

        static func < (left: Self, right: Self) -> Bool {
            (left.recorded, left.feed) < (right.recorded, right.feed)
        }

        static func == (left: Self, right: Self) -> Bool { left.recorded == right.recorded && left.feed == right.feed }
    }

    /// By feed, then position; of a forked feed by the bytes.
    private static func comesFirst(_ left: RosterEntry, _ right: RosterEntry) -> Bool {
        if (left.feed, left.position) != (right.feed, right.position) {
            return (left.feed, left.position) < (right.feed, right.position)
        }
        return left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    private static func read(_ bytes: [UInt8]) -> (bodies: [RosterBody], recorded: Int64)? {
        do {
            let entry = try Entry(peerBytes: bytes)
            var bodies: [RosterBody] = []
            for change in entry.changes where change.kind == RosterDraft.kind {
                bodies.append(try RosterBody(peerBytes: [UInt8](change.body)))
            }
            return (bodies, entry.recorded.millisecondsSinceEpoch)
        } catch {
            return nil
        }
    }

    private static func founding(of bytes: [UInt8]) throws(SyncError) -> Founding {
        guard let body = read(bytes)?.bodies.first(where: { $0.hasFounding }) else {
            throw SyncError(.illFormed, "This is not the founding entry of a registry.")
        }
        return body.founding
    }

    private static func admittedSite(_ admission: Admission) -> SiteID? {
        do {
            return try SiteKeySet(admission.keys).signing.siteID
        } catch {
            return nil
        }
    }

    private static func heads(_ revocation: Revocation, site: SiteID) -> [FeedID: FeedHead] {
        var heads: [FeedID: FeedHead] = [:]
        for cutOff in revocation.cutOffs {
            guard let epoch = EpochID(cutOff.epoch), let digest = ChainDigest(cutOff.digest),
                let lane = UInt8(exactly: cutOff.lane).flatMap(Lane.init(rawValue:))
            else { continue }
            let feed = FeedID(site: site, epoch: epoch, lane: lane)
            let head = FeedHead(position: cutOff.position, digest: digest)
            if head.position >= heads[feed]?.position ?? 0 { heads[feed] = head }
        }
        return heads
    }

    /// Two keys with one alias, which only two epochs of the administrator can bring about, both get their id added.
    private mutating func makeAliasesUnique() {
        var uses: [String: Int] = [:]
        for member in members where !member.isRevoked { uses[member.alias, default: 0] += 1 }
        for index in members.indices {
            let count = uses[members[index].alias] ?? 0
            if count > (members[index].isRevoked ? 0 : 1) {
                members[index].alias += "-" + members[index].site.bytes.prefix(3).hexadecimal
            }
        }
    }
}
