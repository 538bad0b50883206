import LogFormat
import Schema

extension Roster {
    /// What terms say of sites, taken up from the last term to the first.
    struct Fold {
        private let administrator: SiteID
        private let histories: RosterHistories
        private(set) var verdicts: SignatureVerdicts
        private(set) var admissions: [SiteID: [Place: Statement<Admission>]] = [:]
        private(set) var revocations: [SiteID: Revoked] = [:]
        private var counted: Set<Place.Entry> = []

        /// The revocations of one site.
        struct Revoked {
            /// Of each feed the furthest.
            var cutOffs: [FeedID: FeedHead] = [:]
            /// All of them, in lane 0.
            var heads: [FeedID: Set<RosterLimit.Head>] = [:]
            var reason: Statement<String>?
        }

        init(administrator: SiteID, _ histories: RosterHistories, knowing verdicts: SignatureVerdicts) {
            (self.administrator, self.histories, self.verdicts) = (administrator, histories, verdicts)
        }

        /// Takes what was written in a term.
        mutating func take(_ term: RosterTerm, _ number: Int, _ entries: [RosterReading]) {
            // As later terms have revoked it.
            var term = term
            if let revoked = revocations[term.holder] { term.limits.append(RosterLimit(revoked.heads, histories)) }
            for entry in entries where term.covers(entry) {
                for body in entry.bodies where body.isOf(term) {
                    let place = Place(term: number, feed: entry.feed)
                    if take(body, at: place, entry.recordedMilliseconds) {
                        counted.insert(.init(feed: entry.feed, position: entry.position, bytes: entry.bytes))
                    }
                }
            }
        }

        func hasCounted(_ entry: RosterReading) -> Bool {
            counted.contains(.init(feed: entry.feed, position: entry.position, bytes: entry.bytes))
        }

        /// - Returns: Whether it says something that counts, or that this version does not know.
        private mutating func take(_ body: RosterBody, at place: Place, _ recorded: Int64) -> Bool {
            if body.hasAdmission {
                guard let site = SiteKeySet(body.admission.keys, knowing: &verdicts)?.signing.siteID else {
                    return false
                }
                admissions[site, default: [:]][place] = Statement(value: body.admission, place, recorded)
            }
            // Not the administrator's own key: authority would be gone with it. When its term is over it counts.
            if body.hasRevocation, let site = SiteID(body.revocation.site), site != administrator {
                var revoked = revocations[site] ?? Revoked()
                for (feed, head) in body.revocation.cutOffs.compactMap({ $0.head(of: site) }) {
                    revoked.cutOffs[feed] = revoked.cutOffs[feed].map { Self.further($0, head) } ?? head
                    guard feed.lane == .roster else { continue }
                    revoked.heads[feed, default: []].insert(.init(position: head.position, digest: head.digest))
                }
                let reason = Statement(value: body.revocation.reason, place, recorded)
                revoked.reason = revoked.reason.map { reason < $0 ? $0 : reason } ?? reason
                revocations[site] = revoked
            }
            return true
        }

        /// Of a fork every site has to take the same branch.
        private static func further(_ left: FeedHead, _ right: FeedHead) -> FeedHead {
            if left.position != right.position { return left.position > right.position ? left : right }
            return left.digest.bytes.lexicographicallyPrecedes(right.digest.bytes) ? right : left
        }
    }

    /// In which term and feed something was said: the last word there counts.
    struct Place: Hashable {
        var term: Int
        var feed: FeedID

        /// One entry, also where a feed has forked.
        struct Entry: Hashable {
            var feed: FeedID
            var position: UInt64
            var bytes: [UInt8]
        }
    }

    /// What was said of a site. The later term counts more; within one, between feeds of the administrator (its epochs)
    /// what was recorded later, then the larger epoch.
    struct Statement<Value>: Comparable {
        var value: Value
        private var place: Place
        /// In milliseconds since 1970, by the clock of its site.
        let recorded: Int64

        init(value: Value, _ place: Place, _ recorded: Int64) {
            (self.value, self.place, self.recorded) = (value, place, recorded)
        }

        static func < (left: Self, right: Self) -> Bool {
            (left.place.term, left.recorded, left.place.feed) < (right.place.term, right.recorded, right.place.feed)
        }

        static func == (left: Self, right: Self) -> Bool {
            left.place == right.place && left.recorded == right.recorded
        }
    }
}
