import Logging
import SyncEngine
import SyncProtocol

// This site's own link: closed and opened by its rules, and by whoever may open it all the same.
extension SyncDaemon {
    /// How often the rules are looked at although nothing they know of happens: the wall clock may have been set.
    private static let linkSeconds = 60
    /// How long a peer is asked to stay away at least, when it is not known for how long.
    private static let awaySecondsMaximum = 3600

    /// Ends sessions when the link closes and dials when it opens, for as long as the daemon runs.
    func keepLink() async throws {
        var wasOpen = true
        while true {
            let rings = linkAlarm.rings(for: nil)
            let standing = site.link.standing
            let isOpen = standing == .open
            if isOpen, !wasOpen { alarm.ring(nil) }
            // Whoever was let in just before it closed is told too.
            if !isOpen {
                site.peers.sendToAll(.finish(.finished, retryAfterSeconds: Self.away(standing)))
                if wasOpen { logger.notice("the link is closed", metadata: ["why": "\(standing)"]) }
            } else if !wasOpen {
                logger.notice("the link is open")
            }
            wasOpen = isOpen
            let seconds = min(Self.linkSeconds, max(1, site.link.secondsUntilChange() ?? Self.linkSeconds))
            try await linkAlarm.wait(for: nil, milliseconds: UInt64(seconds) * 1000, since: rings)
        }
    }

    private static func away(_ standing: LinkRules.State) -> UInt32 {
        switch standing {
        case .open, .monthSpent: UInt32(awaySecondsMaximum)
        case .waiting(let seconds), .daySpent(let seconds): UInt32(min(seconds, awaySecondsMaximum))
        }
    }
}
