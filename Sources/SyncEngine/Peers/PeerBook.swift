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
        package var memory: PeerMemory?

        /// Whether something was heard at a moment or after it.
        package func wasHeard(since moment: UInt64) -> Bool { Int64(bitPattern: saidNanoseconds &- moment) >= 0 }
    }

    /// Most sites that are kept beside those the roster lists: anybody can make a key and connect.
    package static let strangersMaximum = 16
    /// Most incidents that are kept of one site.
    package static let incidentsMaximum = 256

    private let entries = Mutex<[SiteID: Entry]>([:])

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

    /// Takes over what is known from before; what was heard since stands. A site that was never heard from stays so.
    package func restore(_ peers: [ControlReply.Peer], at now: UInt64) {
        func moment(_ ageSeconds: UInt64) -> UInt64 { now &- ageSeconds &* 1_000_000_000 }
        entries.withLock { entries in
            for peer in peers where entries[peer.site] == nil {
                guard let age = peer.ageSeconds else { continue }
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
