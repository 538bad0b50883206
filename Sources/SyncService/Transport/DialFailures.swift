package import LogFormat
import Synchronization

/// Why sites could not be reached when they were last dialled, in words for people.
package final class DialFailures: Sendable {
    private struct Failure {
        var address: PeerAddress
        var why: String
        /// Since the site was last reached.
        var attempts: Int
    }

    private let failures = Mutex<[SiteID: Failure]>([:])

    package init() {}

    /// A site could not be reached.
    ///
    /// - Parameters:
    ///   - site: Which.
    ///   - address: Where it was dialled.
    ///   - why: A sentence without its end.
    func failed(_ site: SiteID, at address: PeerAddress, _ why: String) {
        failures.withLock { failures in
            let attempts = failures[site]?.attempts ?? 0
            failures[site] = Failure(address: address, why: why, attempts: attempts + 1)
        }
    }

    /// A site was reached, or is not dialled any more.
    func forget(_ site: SiteID) { failures.withLock { $0[site] = nil } }

    /// What came of dialling a site; nil where it was reached, or never dialled.
    package func sentence(of site: SiteID) -> String? {
        failures.withLock { $0[site] }.map { failure in
            "\(failure.address): \(failure.why)" + (failure.attempts > 1 ? " (tried \(failure.attempts) times)" : "")
        }
    }
}
