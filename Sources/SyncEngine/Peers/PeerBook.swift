package import LogFormat
package import SyncProtocol
import Synchronization

/// What a site's program knows of each other site, connected or not. Losing it costs knowledge, never records.
///
/// Moments are on the steady clock and wrap: what an earlier daemon knew may lie before the machine was started.
package final class PeerBook: Sendable {
    package struct Entry: Sendable {
        package var epoch: EpochID?
        package var status = SyncStatus()
        package var isConnected = false
        /// When the status was last said, on the steady clock.
        package var saidNanoseconds: UInt64
        package var inSyncNanoseconds: UInt64?
        package var closed: String?
        package var incidents: [SyncIncident] = []

        /// Whether something was heard at a moment or after it.
        package func wasHeard(since moment: UInt64) -> Bool { Int64(bitPattern: saidNanoseconds &- moment) >= 0 }
    }

    /// What another site last said of one.
    package struct Hearsay: Sendable {
        /// Who said it.
        package var reporter: SiteID
        package var report: SiteReport
        /// When the site itself was heard, on the steady clock, by the age that was said.
        package var heardNanoseconds: UInt64
        /// When it was said here.
        package var toldNanoseconds: UInt64
    }

    /// Most sites that are kept beside those the roster lists: anybody can make a key and connect.
    package static let strangersMaximum = 16
    /// Most incidents that are kept of one site.
    package static let incidentsMaximum = 256

    private let entries = Mutex<[SiteID: Entry]>([:])
    /// Of sites the roster lists.
    private let hearsay = Mutex<[SiteID: Hearsay]>([:])

    package init() {}

    /// Changes what is known of a site, at a moment of the steady clock when it was not known before.
    package func change<Result: Sendable>(_ site: SiteID, at now: UInt64, _ body: (inout Entry) -> Result) -> Result {
        entries.withLock { entries in body(&entries[site, default: Entry(saidNanoseconds: now)]) }
    }

    /// Forgets sites that are not listed, but for the last few: connected ones stay longest, then those heard last.
    package func forgetStrangers(at now: UInt64, isListed: (SiteID) -> Bool) {
        entries.withLock { entries in
            let strangers = entries.filter { !isListed($0.key) }
            guard strangers.count > Self.strangersMaximum else { return }
            func age(_ entry: Entry) -> UInt64 { entry.isConnected ? 0 : 1 &+ (now &- entry.saidNanoseconds) }
            let oldestFirst = strangers.sorted { (age($0.value), $0.key) > (age($1.value), $1.key) }
            for (site, _) in oldestFirst.dropLast(Self.strangersMaximum) { entries[site] = nil }
        }
    }

    /// nil for a site that was never heard.
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

    /// A hundred years: more can not be counted on the steady clock.
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

    /// Takes over what is known from before; what was heard since stands. A site that was never heard from stays so.
    package func restore(_ peers: [ControlReply.Peer], at now: UInt64) {
        func moment(_ ageSeconds: UInt64) -> UInt64 { now &- ageSeconds &* 1_000_000_000 }
        for peer in peers {
            guard let reporter = peer.reportedBy, let report = SiteReport(peer) else { continue }
            take([report], from: reporter, at: now)
        }
        entries.withLock { entries in
            for peer in peers where entries[peer.site] == nil {
                guard peer.reportedBy == nil, let age = peer.ageSeconds else { continue }
                var entry = Entry(saidNanoseconds: moment(age))
                entry.epoch = peer.epoch
                entry.status = peer.status
                entry.inSyncNanoseconds = peer.inSyncAgeSeconds.map(moment)
                entry.closed = peer.closed
                entries[peer.site] = entry
            }
        }
    }

    /// Ascending by site.
    package var all: [(site: SiteID, entry: Entry)] {
        entries.withLock { entries in entries.map { (site: $0.key, entry: $0.value) } }.sorted { $0.site < $1.site }
    }
}
