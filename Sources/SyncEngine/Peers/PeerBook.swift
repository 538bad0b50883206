package import LogFormat
package import SyncProtocol
import Synchronization

/// What a site's program knows of each other site, connected or not. Losing it costs knowledge, never records.
///
/// Moments are on the clock that goes on while the machine sleeps (``WallClock/elapsedNanoseconds()``), and wrap: what an
/// earlier daemon knew may lie before the machine was started.
package final class PeerBook: Sendable {
    package struct Entry: Sendable {
        package var epoch: EpochID?
        package var status = SyncStatus()
        package var isConnected = false
        /// When anything last came from the site before it was disconnected; nil: nothing ever did.
        package var heardNanoseconds: UInt64?
        package var inSyncNanoseconds: UInt64?
        /// When something of this was found out here; nil for what an earlier daemon knew.
        var notedNanoseconds: UInt64?
        /// Why the last session ended.
        package var closed: CloseReason?
        /// Whether the other end said anything in the last connection.
        package var hasSpoken = false
        /// So many connections in a row went away before the other end had said anything.
        private var wordlessEnds = 0
        package var incidents: [SyncIncident] = []
        /// How many an earlier daemon knew, until a session has looked.
        var formerIncidents: UInt32 = 0

        /// How many are open, as far as is known.
        var openIncidents: UInt32 { max(formerIncidents, UInt32(clamping: incidents.count)) }

        /// A session with the site begins, which has not said anything yet; another one may be up.
        mutating func connected() {
            if !isConnected {
                status.word = .connecting
                hasSpoken = false
            }
            isConnected = true
        }

        /// A session says how it stands.
        mutating func said(_ next: SyncStatus, at now: UInt64) {
            // What was in sync was so until now: an idle session says nothing.
            if status.word.isSettled || next.word.isSettled { inSyncNanoseconds = now }
            // Both have said what they hold: what contradicts was found again.
            if next.word.isLive { formerIncidents = 0 }
            status = next
        }

        /// A session has ended, which may have been dead for long before that was noticed. One in which the other end said
        /// nothing tells nothing of it: who is turned away for good is so before a word is said.
        ///
        /// - Parameters:
        ///   - reason: Why.
        ///   - now: This moment.
        ///   - heard: When anything last came on it.
        ///   - other: How another session with the site stands that is up.
        mutating func disconnected(_ reason: CloseReason, at now: UInt64, heard: UInt64, other: SyncStatus?) {
            close(reason)
            isConnected = other != nil
            if hasSpoken { heardNanoseconds = heardNanoseconds.map { Self.later($0, heard) } ?? heard }
            var last = other ?? status
            if other == nil, last.word != .ended { last.word = .cutOff }
            said(last, at: now)
            guard other == nil, let inSync = inSyncNanoseconds, let heard = heardNanoseconds else { return }
            // In sync with nobody there is as far as anybody knows, no more.
            if Self.later(inSync, heard) == inSync { inSyncNanoseconds = heard }
        }

        private mutating func close(_ reason: CloseReason) {
            guard reason == .disconnected, !hasSpoken else {
                (closed, wordlessEnds) = (reason, 0)
                return
            }
            wordlessEnds += 1
            guard closed?.isFinal != true, closed != .wordless else { return }
            closed = wordlessEnds < PeerBook.wordlessEndsMaximum ? reason : .wordless
        }

        /// Moments wrap.
        private static func later(_ one: UInt64, _ other: UInt64) -> UInt64 {
            Int64(bitPattern: one &- other) < 0 ? other : one
        }

        /// Takes note of a contradiction with the site, once.
        mutating func add(_ incident: SyncIncident) {
            guard !incidents.contains(incident), incidents.count < PeerBook.incidentsMaximum else { return }
            incidents.append(incident)
        }

        /// Whether something was found out at a moment or after it.
        package func hasNews(since moment: UInt64) -> Bool {
            notedNanoseconds.map { Int64(bitPattern: $0 &- moment) >= 0 } ?? false
        }
    }

    /// What another site last said of one.
    package struct Hearsay: Sendable {
        /// Who said it.
        package var reporter: SiteID
        package var report: SiteReport
        /// When the site itself was heard, by the age that was said.
        package var heardNanoseconds: UInt64
        /// When it was said here.
        package var toldNanoseconds: UInt64
    }

    /// Most sites that are kept beside those the roster lists: anybody can make a key and connect.
    package static let strangersMaximum = 16
    /// So many connections in a row that go away without a word are no accident of the line.
    package static let wordlessEndsMaximum = 5
    /// Most incidents that are kept of one site.
    package static let incidentsMaximum = 256

    private let entries = Mutex<[SiteID: Entry]>([:])
    /// Of sites the roster lists.
    private let hearsay = Mutex<[SiteID: Hearsay]>([:])

    package init() {}

    /// Changes what is known of a site at a moment.
    package func change<Result: Sendable>(_ site: SiteID, at now: UInt64, _ body: (inout Entry) -> Result) -> Result {
        entries.withLock { entries in
            entries[site, default: Entry()].notedNanoseconds = now
            return body(&entries[site, default: Entry()])
        }
    }

    /// Forgets sites that are not listed, but for the last few: connected ones stay longest, then those heard last.
    package func forgetStrangers(at now: UInt64, isListed: (SiteID) -> Bool) {
        entries.withLock { entries in
            let strangers = entries.filter { !isListed($0.key) }
            guard strangers.count > Self.strangersMaximum else { return }
            func age(_ entry: Entry) -> UInt64 {
                entry.isConnected ? 0 : 1 &+ (now &- (entry.heardNanoseconds ?? entry.notedNanoseconds ?? now))
            }
            let oldestFirst = strangers.sorted { (age($0.value), $0.key) > (age($1.value), $1.key) }
            for (site, _) in oldestFirst.dropLast(Self.strangersMaximum) { entries[site] = nil }
        }
    }

    /// Whether contradictions are known with any site.
    package var hasIncidents: Bool { entries.withLock { $0.values.contains { $0.openIncidents > 0 } } }

    /// Forgets contradictions about which nothing is left to do.
    ///
    /// - Parameters:
    ///   - areAnyOpen: Whether a person still has to look at any, with whichever site: without, those that an earlier daemon
    ///     knew are settled.
    ///   - isOpen: Whether that is so of one about a feed; nil where nobody was told of any. Such a one, which only the other
    ///     site speaks of, counts as long as that site is connected.
    package func forgetIncidents(areAnyOpen: Bool, isOpen: (FeedID) -> Bool?) {
        entries.withLock { entries in
            for (site, entry) in entries where entry.openIncidents > 0 {
                entries[site]?.incidents = entry.incidents.filter { isOpen($0.feed) ?? entry.isConnected }
                if !areAnyOpen { entries[site]?.formerIncidents = 0 }
            }
        }
    }

    /// nil for a site that there was no connection with.
    package func entry(_ site: SiteID) -> Entry? { entries.withLock { $0[site] } }

    /// Takes note of what a site says of others: of two statements about a site the one that heard it later stands, and of
    /// its heads the longer ones, for what was durable once is.
    package func take(_ reports: [SiteReport], from reporter: SiteID, at now: UInt64) {
        hearsay.withLock { hearsay in
            for report in reports {
                let heard = now &- min(report.ageSeconds, Self.ageSecondsMaximum) &* 1_000_000_000
                var next = Hearsay(reporter: reporter, report: report, heardNanoseconds: heard, toldNanoseconds: now)
                if let known = hearsay[report.site] {
                    let isOlder = Int64(bitPattern: heard &- known.heardNanoseconds) < 0
                    let other = isOlder ? report : known.report
                    if isOlder { next = known }
                    next.toldNanoseconds = now
                    next.report.heads = Self.longest(next.report.heads, other.heads)
                }
                hearsay[report.site] = next
            }
        }
    }

    /// What others say of a site; nil when nobody said anything.
    package func hearsay(of site: SiteID) -> Hearsay? { hearsay.withLock { $0[site] } }

    /// Sites that others told of, ascending.
    package var told: [SiteID] { hearsay.withLock { $0.keys.sorted() } }

    /// Whether others told something at a moment or after it.
    package func wasTold(since moment: UInt64) -> Bool {
        hearsay.withLock { $0.values.contains { Int64(bitPattern: $0.toldNanoseconds &- moment) >= 0 } }
    }

    /// A hundred years: more can not be counted in nanoseconds.
    private static let ageSecondsMaximum: UInt64 = 100 * 366 * 86_400

    /// Of each feed the longer head, in the order of the first, the rest behind; at most ``Limits/reportFeeds``.
    static func longest(_ heads: [OwnHead], _ others: [OwnHead]) -> [OwnHead] {
        var result = heads
        for other in others {
            if let index = result.firstIndex(where: { $0.epoch == other.epoch && $0.lane == other.lane }) {
                result[index].position = max(result[index].position, other.position)
            } else if result.count < Limits.reportFeeds {
                result.append(other)
            }
        }
        return result
    }

    /// Takes over what is known from before; what was heard since stands. A site that was never heard from stays so, with why
    /// sessions with it ended.
    package func restore(_ peers: [ControlReply.Peer], at now: UInt64) {
        func moment(_ ageSeconds: UInt64) -> UInt64 { now &- ageSeconds &* 1_000_000_000 }
        for peer in peers {
            guard let reporter = peer.reportedBy, let report = SiteReport(peer) else { continue }
            take([report], from: reporter, at: now)
        }
        entries.withLock { entries in
            for peer in peers where entries[peer.site] == nil {
                guard peer.reportedBy == nil, peer.ageSeconds != nil || peer.closedReason != nil else { continue }
                var entry = Entry()
                entry.heardNanoseconds = peer.ageSeconds.map(moment)
                entry.epoch = peer.epoch
                entry.status = peer.status
                entry.inSyncNanoseconds = peer.inSyncAgeSeconds.map(moment)
                entry.closed = peer.closedReason
                entry.formerIncidents = peer.openIncidents
                entries[peer.site] = entry
            }
        }
    }

    /// Ascending by site.
    package var all: [(site: SiteID, entry: Entry)] {
        entries.withLock { entries in entries.map { (site: $0.key, entry: $0.value) } }.sorted { $0.site < $1.site }
    }
}
