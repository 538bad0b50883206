package import Logging
package import SyncProtocol

/// What a daemon is told besides its store: where it listens, whom it dials, how much it may send, and how it reports.
///
/// Every value is within its range; where it came from (command line, environment, file) is not kept.
package struct DaemonConfiguration: Hashable, Sendable {
    /// How log lines look.
    package enum LogFormat: String, CaseIterable, Sendable {
        /// One line of words and `key=value`.
        case text
        /// One JSON object a line.
        case json
    }

    /// Bytes a second that ``rateBytesPerSecond`` may be.
    package static let rateRange = 1...1_000_000_000
    /// Minutes that ``sealAfterMinutes`` may be: up to a week.
    package static let sealAfterRange = 1...10_080

    /// Addresses to listen on; port 0 is any free one. Empty for a site that only dials.
    package var listen: [PeerAddress]
    /// Where the administrator's site, which every site knows, is dialled before the addresses the roster names.
    package var peers: [PeerAddress]
    /// Most bytes a second sent to one peer, within ``rateRange``; nil for no limit.
    package var rateBytesPerSecond: Int?
    /// When and how much the site's own link may be used.
    package var link: LinkRules
    /// Where metrics are shown, on loopback only; nil for nowhere.
    package var metrics: PeerAddress?
    /// The file metrics are left in, an absolute path; nil for none.
    package var metricsFile: String?
    /// Lines below this level are not written.
    package var logLevel: Logger.Level
    package var logFormat: LogFormat
    /// Minutes between two rounds in which finished segments are compressed, within ``sealAfterRange``.
    package var sealAfterMinutes: Int

    /// The defaults: dials what the roster names, listens nowhere, no limit of any kind, no metrics.
    package init() {
        listen = []
        peers = []
        rateBytesPerSecond = nil
        link = LinkRules()
        metrics = nil
        metricsFile = nil
        logLevel = .notice
        logFormat = .text
        sealAfterMinutes = 60
    }
}

extension PeerAddress {
    /// Whether only this machine can reach the address: 127.0.0.1 to 127.255.255.255, ::1 or localhost.
    package var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
