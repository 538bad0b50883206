package import LogFormat
import Schema
import SwiftProtobuf

/// What one site says of a third: when that was heard, and how much it holds of the receiver's own feeds.
///
/// Nobody signs it, and nothing that is done with records depends on it: it only tells people.
package struct SiteReport: Hashable, Sendable {
    package var site: SiteID
    /// Since the site itself was heard, by whomever, when this was said.
    package var ageSeconds: UInt64
    /// What is durable there of the feeds of the site this is said to, ascending; at most ``Limits/reportFeeds``.
    package var heads: [OwnHead]
    /// Name and version, at most 64 Unicode scalars.
    package var program: String?
    /// Its time of day less that of the site that says this.
    package var clockOffsetMilliseconds: Int64?
    package var openIncidents: UInt32

    package init(
        site: SiteID,
        ageSeconds: UInt64,
        heads: [OwnHead] = [],
        program: String? = nil,
        clockOffsetMilliseconds: Int64? = nil,
        openIncidents: UInt32 = 0
    ) {
        self.site = site
        self.ageSeconds = ageSeconds
        self.heads = heads
        self.program = program
        self.clockOffsetMilliseconds = clockOffsetMilliseconds
        self.openIncidents = openIncidents
    }
}

extension SiteReport {
    /// What is known of a site, to be told; nil when nothing is.
    package init?(_ peer: ControlReply.Peer) {
        guard let age = peer.ageSeconds else { return nil }
        self.init(
            site: peer.site,
            ageSeconds: age,
            heads: peer.status.ownHeads,
            program: peer.status.peerProgram,
            clockOffsetMilliseconds: peer.status.clockOffsetMilliseconds,
            openIncidents: peer.openIncidents
        )
    }

    /// The reports in as many messages as it takes.
    static func messages(_ reports: [SiteReport]) -> [SyncMessage] {
        var messages: [[SiteReport]] = []
        var lengthBytes = 0
        for report in reports {
            // Field by field as long as it can get, 64 scalars of four bytes among them.
            let bytes = 320 + 24 * report.heads.count
            if messages.isEmpty || lengthBytes + bytes > Limits.controlFrameBytes
                || messages[messages.count - 1].count == Limits.reportSites
            {
                messages.append([])
                lengthBytes = 0
            }
            messages[messages.count - 1].append(report)
            lengthBytes += bytes
        }
        return messages.map { .report($0) }
    }

    /// - Throws: `.illFormed`, `.tooLarge`.
    init(_ wire: WireSiteReport) throws(SyncError) {
        guard let site = SiteID(wire.site) else { throw SyncError(.illFormed, "REPORT names no site.") }
        guard wire.heads.count <= Limits.reportFeeds else {
            throw SyncError(.tooLarge, "REPORT names more feeds than one may.")
        }
        self.init(
            site: site,
            ageSeconds: wire.ageSeconds,
            program: wire.hasProgram ? wire.program.prefix(scalars: Limits.programScalars) : nil,
            clockOffsetMilliseconds: wire.hasClockOffsetMilliseconds ? wire.clockOffsetMilliseconds : nil,
            openIncidents: wire.openIncidents
        )
        for head in wire.heads {
            heads.append(try OwnHead(head))
        }
    }

    var wire: WireSiteReport {
        WireSiteReport.with { wire in
            wire.site = collected(site.bytes)
            wire.ageSeconds = ageSeconds
            wire.heads = heads.map(\.wire)
            if let program { wire.program = program.prefix(scalars: Limits.programScalars) }
            if let clockOffsetMilliseconds { wire.clockOffsetMilliseconds = clockOffsetMilliseconds }
            if openIncidents > 0 { wire.openIncidents = openIncidents }
        }
    }
}
