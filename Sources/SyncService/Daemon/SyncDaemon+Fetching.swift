import LogFormat
import LogStore
import NIOPosix
import SyncEngine
import SyncProtocol

// Entries that this store lost, as another site holds them: `abscope log repair --from SITE` asks for them, proves them and
// puts them in their place; the daemon only carries them.
extension SyncDaemon {
    /// How long a site that is not connected is waited for, and one that is for what it was asked.
    private static let connectingSeconds: UInt64 = 10
    private static let answeringSeconds: UInt64 = 60

    /// Answers the command line.
    func fetch(_ feed: FeedID, after head: FeedHead, from site: SiteID) async -> ControlReply {
        guard site != log.site, let member = self.site.roster.current[site], !member.isRevoked else {
            return reply(.refused, "No other site of this registry has that name.")
        }
        guard let connection = await connection(to: site) else {
            return reply(
                .timedOut,
                "\(self.site.alias(site)) is not connected: try again when `abscope sync status` shows it."
            )
        }
        let (number, ask) = self.site.desk.order(feed, after: head, from: ObjectIdentifier(connection), at: now)
        if let ask { connection.send(.fetch(ask)) }
        let answer: RepairDesk.Answer
        do {
            // Waits on a thread of its own, for as long as a minute: the shared ones answer everybody else.
            answer = try await repairPool.runIfActive { [desk = self.site.desk] in
                desk.answer(to: number, waitingNanoseconds: Self.answeringSeconds * 1_000_000_000)
            }
        } catch {
            return reply(.timedOut, "The daemon is ending: try again when it runs.")
        }
        switch answer {
        case .blocks(let blocks): return reply(.done, blocks: blocks)
        case .nothing: return reply(.done)
        case .lost: return reply(.timedOut, "The connection to \(self.site.alias(site)) was lost: try again.")
        case .late:
            return reply(
                .timedOut,
                "\(self.site.alias(site)) sent nothing for \(Self.answeringSeconds) s: its own copy may be damaged. Try again, or"
                    + " another site."
            )
        case .replaced: return reply(.timedOut, "Another repair began meanwhile, or the daemon is ending: try again.")
        }
    }

    /// Nobody repairs any more.
    func endFetch() {
        site.desk.end()
        site.peers.sendToAll(.endFetch)
    }

    /// Ends what a command asked for that did not live to say that it has enough.
    func endUnusedFetch() {
        let patience = 2 * Self.answeringSeconds * 1_000_000_000
        if site.desk.endUnused(since: now < patience ? 0 : now - patience) { site.peers.sendToAll(.endFetch) }
    }

    /// The connection to a site that says what it holds; dials and waits where there is none.
    private func connection(to site: SiteID) async -> PeerConnection? {
        var isCalled = false
        let deadline = now + Self.connectingSeconds * 1_000_000_000
        while true {
            let ready = self.site.peers.peers.first {
                $0.key.site == site && $0.peer.status.word.isLive
            }
            if let ready { return ready.peer.connection }
            if !isCalled { alarm.ring(site) }
            isCalled = true
            guard now < deadline else { return nil }
            do { try await Task.sleep(for: .milliseconds(50)) } catch { return nil }
        }
    }
}
