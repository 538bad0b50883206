import LogFormat
import StoreIO

/// What `log verify` found in a whole store.
package struct StoreReport: Sendable {
    /// Each feed and branch, sorted.
    package var feeds: [FeedVerifier.Report] = []
    /// What concerns no single feed: files beside the feeds.
    package var findings: [Finding] = []

    /// Whether acknowledged entries, or what a store needs to be opened, are damaged or missing; accepted losses do not
    /// count.
    package var isDamaged: Bool { all.contains { $0.weight == .damage } }
    /// Entries proven by the chain.
    package var provenEntries: UInt64 { feeds.reduce(0) { $0 + $1.provenEntries } }
    package var bytesRead: UInt64 { feeds.reduce(0) { $0 + $1.bytesRead } }

    /// Every finding, those of feeds first.
    package var all: [Finding] { feeds.flatMap(\.findings) + findings }

    /// Weighs anew what a person has accepted as lost: findings whose positions, or where there are none whose files, an
    /// acceptance names.
    mutating func weigh(_ accepted: [Incident], below root: String) {
        for index in feeds.indices {
            let own = accepted.filter { $0.feed == feeds[index].feed.description }
            guard !own.isEmpty else { continue }
            for place in feeds[index].findings.indices where feeds[index].findings[place].weight == .damage {
                let location = feeds[index].findings[place].location
                let isAccepted = own.contains { acceptance in
                    guard let positions = location.positions else {
                        return acceptance.files.contains { location.path == "\(root)/\($0)" }
                    }
                    guard let lost = acceptance.positions else { return false }
                    return lost.lowerBound <= positions.lowerBound && positions.upperBound <= lost.upperBound
                }
                if isAccepted { feeds[index].findings[place].weight = .accepted }
            }
        }
    }
}
