package import LogFormat
package import SyncProtocol
import Synchronization

/// What a peer was told of other sites: as little as tells what is new, for a hub has a thousand peers.
struct ToldReports: Sendable {
    /// What was said of one site.
    private struct Told: Sendable {
        var site: SiteID
        /// Stands for the heads.
        var heads: Int
        var ageSeconds: UInt32
    }

    /// Ascending by site.
    private var sites: [Told] = []
    /// When something was told last.
    private(set) var nanoseconds: UInt64?

    /// What of a report would be new.
    enum News {
        case nothing
        /// The site was heard since, or was not spoken of.
        case heard
        /// More has arrived there.
        case heads
    }

    /// Compares a report with what was told.
    ///
    /// - Parameters:
    ///   - report: What could be told now.
    ///   - freshSeconds: So much fresher has to be what is known of a site to be new.
    /// - Returns: What is new in it.
    func news(in report: SiteReport, freshSeconds: UInt64) -> News {
        let index = index(of: report.site)
        guard index < sites.count, sites[index].site == report.site else {
            return report.heads.isEmpty ? .heard : .heads
        }
        let told = sites[index]
        if told.heads != report.heads.hashValue { return .heads }
        return report.ageSeconds &+ freshSeconds < UInt64(told.ageSeconds) ? .heard : .nothing
    }

    /// Something is told now.
    mutating func tell(_ reports: [SiteReport], at now: UInt64) {
        nanoseconds = now
        sites.reserveCapacity(sites.count + reports.count)
        for report in reports {
            let told = Told(
                site: report.site,
                heads: report.heads.hashValue,
                ageSeconds: UInt32(clamping: report.ageSeconds)
            )
            let index = index(of: report.site)
            if index < sites.count, sites[index].site == report.site {
                sites[index] = told
            } else {
                sites.insert(told, at: index)
            }
        }
    }

    /// Of the first site that does not come before one.
    private func index(of site: SiteID) -> Int {
        var (low, high) = (0, sites.count)
        while low < high {
            let middle = (low + high) / 2
            if sites[middle].site < site { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A connection whose two ends have proven their keys, as other threads see it.
package final class PeerConnection: Sendable {
    /// The key the peer proved.
    package let peerKey: SitePublicKey
    /// Whether this end dialled.
    package let isDialled: Bool
    /// Where the peer is, for the log.
    package let address: String
    /// Stands for the keys of persons that the peer has, or was sent on this connection; nil before it has said what it has.
    ///
    /// Of this connection only: what another one sent may have been lost with it, on the peer's disk, or because the peer
    /// could not open it, and a key that is missing makes names unreadable.
    let sentKeys = Mutex<[UInt8]?>(nil)
    /// Some keys that came on it could not be kept: no mark that comes after them is true.
    let hasLostKeys = Mutex(false)
    /// What was said of other sites on it, and when last.
    let toldReports = Mutex(ToldReports())
    private let heard = Mutex<UInt64?>(nil)
    private let perform: @Sendable (@escaping @Sendable (SessionDriver) -> Void) -> Void

    /// - Parameters:
    ///   - peerKey: The key the peer proved.
    ///   - isDialled: Whether this end dialled.
    ///   - address: Where the peer is, for the log.
    ///   - perform: Runs what it is given where the session lives, each after what it was given before. After the
    ///     connection closed too: nothing happens then.
    package init(
        peerKey: SitePublicKey,
        isDialled: Bool,
        address: String,
        perform: @escaping @Sendable (@escaping @Sendable (SessionDriver) -> Void) -> Void
    ) {
        self.peerKey = peerKey
        self.isDialled = isDialled
        self.address = address
        self.perform = perform
    }

    /// When the other end last gave a sign of itself, by the clock that goes on while the machine sleeps;
    /// nil while the connection stands.
    package internal(set) var heardNanoseconds: UInt64? {
        get { heard.withLock { $0 } }
        set { heard.withLock { $0 = newValue } }
    }

    /// Says that what ``PeerEvent/keysArrived(_:_:mark:)`` told was dealt with. Until then it counts as a call of the store, so
    /// that a peer that sends keys faster than they are kept is read from no further.
    package func keysTaken() { perform { $0.keysTaken() } }

    /// Returns once the session has taken in every input that was handed to it before.
    package func drained() async {
        await withCheckedContinuation { continuation in perform { _ in continuation.resume() } }
    }

    /// Hands the session an input; after the connection closed nothing happens.
    package func send(_ input: SyncInput) { perform { $0.feed(input) } }
}

extension PeerConnection: Equatable {
    package static func == (left: PeerConnection, right: PeerConnection) -> Bool { left === right }
}
