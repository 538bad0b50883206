import Logging
import SyncEngine
import SyncProtocol

// This site's own link: closed and opened by its rules, and by whoever may open it all the same.
extension SyncDaemon {
    /// How often the rules are looked at although nothing they know of happens: the wall clock may have been set.
    private static let linkSeconds = 60
    /// Ends sessions and is not to be called when the link closes, and dials when it opens, for as long as the daemon runs.
    func keepLink(_ listeners: PeerListeners) async throws {
        var wasOpen = true
        var former = site.link.ruled
        while true {
            let rings = linkAlarm.rings(for: nil)
            let ruled = site.link.ruled
            // What is urgent and did not get through while it was open, or spent, has one leave.
            if case .waiting = ruled {
                if case .waiting = former {} else { site.considerUndelivered() }
            }
            former = ruled
            let standing = site.link.standing
            let isOpen = standing == .open
            if isOpen, !wasOpen { alarm.ring(nil) }
            if let away = site.link.awaySeconds {
                site.peers.sendToAll(.finish(.finished, retryAfterSeconds: away))
                if wasOpen { logger.notice("the link is closed", metadata: ["why": "\(standing)"]) }
            } else if !wasOpen {
                logger.notice("the link is open")
            }
            wasOpen = isOpen
            try await listeners.follow(isOpen: isOpen)
            let seconds = min(Self.linkSeconds, max(1, site.link.secondsUntilChange() ?? Self.linkSeconds))
            try await linkAlarm.wait(for: nil, milliseconds: UInt64(seconds) * 1000, since: rings)
        }
    }
}
