import LogFormat
import LogStore
import NIOPosix
import Schema
import StoreIO
import SyncEngine
import SyncProtocol

// What the command line asks the daemon.
extension SyncDaemon {
    var control: ControlSocket {
        ControlSocket(path: log.root + "/control.sock", userID: surroundings.machine.userID) { [self] request in
            await answer(request).wire
        }
    }

    private func answer(_ wire: WireControlRequest) async -> ControlReply {
        let request: ControlRequest
        do throws(SyncError) {
            request = try ControlRequest(wire)
        } catch {
            return reply(.notUnderstood, error.message)
        }
        switch request.verb {
        case .status:
            do {
                // An incident that was just closed is not shown any more.
                try await NIOThreadPool.singleton.runIfActive { [site] in site.forgetSettledIncidents() }
            } catch {
                // Nobody hears it: the wait ends early only when the asker has gone.
                return reply(.timedOut)
            }
            return reply(.done, peers: await peerReportsUpToDate())
        case .syncNow(let site):
            switch self.site.link.standing {
            case .daySpent, .monthSpent:
                return reply(.spent, "The bytes of the link are spent: see `abscope sync plan`.")
            case .open, .waiting:
                // Sessions push by themselves; what is asked for is that a waiting dialler tries at once.
                self.site.link.giveLeave(isForUrgent: false)
                alarm.ring(site)
                let why = unreachable(site)
                return reply(why == nil ? .done : .unreachable, why ?? "")
            }
        case .waitUntilInSync(let site, let seconds):
            let deadline = now + UInt64(seconds) * 1_000_000_000
            do { try await tellSessions() } catch { return reply(.timedOut, "The log can not be read now: \(error)") }
            while now < deadline {
                let reports = peerReports().filter { site == nil || $0.site == site }
                if !reports.isEmpty, reports.allSatisfy({ $0.isConnected && $0.status.word == .inSync }) {
                    return reply(.done)
                }
                do { try await Task.sleep(for: .milliseconds(50)) } catch { break }
            }
            return reply(.timedOut)
        case .stop:
            stopAsked.yield()
            return reply(.done)
        case .fetch(let site, let feed, let head): return await fetch(feed, after: head, from: site)
        case .endFetch:
            endFetch()
            return reply(.done)
        }
    }

    /// Why nobody comes although it was asked for; nil where somebody is connected or dialled.
    private func unreachable(_ asked: SiteID?) -> String? {
        let members = site.roster.current.members.filter { $0.site != log.site && !$0.isRevoked }.map(\.site)
        let others = asked.map { [$0] } ?? members
        let isHopeless = others.allSatisfy { addresses(of: $0).isEmpty && !site.peers.isConnected($0, writing: nil) }
        guard !others.isEmpty, isHopeless else { return nil }
        let name = others.count == 1 ? site.alias(others[0]) : "any other site"
        // What the configuration names is dialled as the administrator's site.
        let isConfigurable = others.contains(site.roster.current.administrator)
        return "No address of \(name) is known here, and it is not connected: it has to dial, or the administrator"
            + " names an address with `abscope site change`\(isConfigurable ? ", or the daemon here has one with --peer" : "")."
    }

    /// Tells every session how the log stands now and waits until they know.
    ///
    /// - Throws: `StorageError`; `CancellationError` when the asker has gone.
    private func tellSessions() async throws {
        try await NIOThreadPool.singleton.runIfActive { [site] in _ = try site.tellSessions() }
        for peer in site.peers.peers { await peer.peer.connection.drained() }
    }

    func reply(
        _ outcome: ControlReply.Outcome,
        _ message: String = "",
        peers: [ControlReply.Peer]? = nil,
        blocks: [Block] = []
    ) -> ControlReply {
        ControlReply(
            outcome: outcome,
            message: message,
            // Blocks take the room.
            peers: blocks.isEmpty ? peers ?? peerReports() : [],
            process: UInt32(bitPattern: surroundings.machine.processID),
            program: program,
            blocks: blocks,
            link: blocks.isEmpty ? site.link.report : nil
        )
    }
}
