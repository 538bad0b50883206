import LogFormat
import SyncProtocol

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
        sites.partitioningIndex { $0.site >= site }
    }
}
