import ArgumentParser
import CaseModel
import CaseStore
import LogFormat
import LogStore
import SyncEngine
import SyncProtocol

/// `abscope sync status`.
struct SyncStatusCommand: StoreCommand {
    static let configuration = CommandConfiguration("status", .syncStatus)

    @OptionGroup var common: CommonOptions
    @Flag(name: .long, help: .option(.fleet)) var fleet = false
    @OptionGroup var limits: FleetLimits

    func perform(in session: Session) throws -> ExitStatus {
        let limits = try limits.seconds()
        let log = try session.log()
        let names = try RecordNames(log)
        let frontier = try log.frontier()
        let roster = try Roster(in: log)
        let (reply, late) = try answer(in: session)
        var peers = try session.withBundles(try reply?.peers ?? session.knownPeers())
        // Who was revoked is to stay away.
        peers.removeAll { !$0.isConnected && names.revoked.contains($0.site) }
        // A daemon says it itself.
        if reply == nil, let roster { peers = try session.remainders(log, roster).brought(upToDate: peers) }
        let link = try (reply == nil ? session.peerNotes()?.link : reply?.link) ?? LinkReport()
        let delivery = try session.delivery(peers, log, names)
        let report = FleetReport(
            peers: peers,
            frontier: frontier,
            delivery: delivery,
            names: names,
            memberSeconds: roster?.ages(at: session.now.milliseconds) ?? [:],
            onlyHereSeconds: try log.recorded(ofOldest: delivery.firstOnlyHere(frontier)).map {
                Quantities.seconds(from: $0, to: session.now.milliseconds)
            },
            isWaiting: reply != nil && link.isWaiting(at: session.now.linkMoment)
        )
        var findings = report.findings(limits)
        if try !log.incidents().isEmpty { findings.append(.ownIncident) }
        let console = session.console
        console.line(.frontierIs(String(describing: frontier.digest)))
        if reply == nil { console.line(late == nil ? .syncFromStore : .syncFromStoreOnly) }
        if fleet {
            console.table(report.table(), orElse: .syncNoState)
        } else if reply == nil {
            console.table(stored(frontier, roster, report, at: log.site), orElse: .syncNoState)
        } else {
            console.table(connections(report), orElse: .syncNoState)
        }
        if link.rules.areAny { for line in link.lines(in: session) { console.line(line) } }
        let onlyHere = report.delivery.onlyHere(frontier)
        let isSaid = findings.contains { if case .undelivered = $0 { true } else { false } }
        if onlyHere > 0, !isSaid, !peers.isEmpty { console.line(.fleet(.onlyHereYet(onlyHere))) }
        for finding in findings { console.line(.fleet(finding)) }
        console.json(
            [
                ("site", .string(log.alias)), ("frontier", .string(String(describing: frontier.digest))),
                ("entries", JSON(frontier.rows.reduce(0) { $0 + $1.head.position })), ("running", .bool(reply != nil)),
                ("only_here", JSON(onlyHere)),
            ] + (reply.map { [("daemon", .string($0.program))] } ?? []) + [
                ("link", link.json(at: session.now.linkMoment)),
                ("findings", .array(findings.map { .string($0.english) })),
                ("sites", .array(peers.map(report.json))),
            ]
        )
        if let late {
            try console.flush()
            throw late
        }
        guard reply != nil else {
            console.note(.daemonDown)
            console.note(.daemonDownRemedy)
            return .unavailable
        }
        return findings.isEmpty ? .success : .findings
    }

    /// What the daemon says; nothing where none runs, and where one does not answer, and then why.
    private func answer(in session: Session) throws -> (reply: ControlReply?, late: Failure?) {
        do {
            let reply = try ControlClient.ask(ControlRequest(.status), at: session.controlSocket)
            try reply?.check()
            return (reply, nil)
        } catch {
            guard let failure = error as? Failure, failure.status == .temporary else { throw error }
            return (nil, failure)
        }
    }

    private func connections(_ report: FleetReport) -> Table {
        var table = Table([
            .init(.site), .init(.status), .init(.toSend, right: true), .init(.toReceive, right: true), .init(.heard),
            .init(.detail),
        ])
        for peer in report.peers {
            table.add([
                report.names.site(peer.site), report.word(peer), peer.status.toSend.text,
                peer.status.toReceive.text, report.heard(peer), peer.closed ?? "",
            ])
        }
        return table
    }

    /// Without the daemon: which sites there are, how much of each is here, and when it was last heard from.
    private func stored(_ frontier: Frontier, _ roster: Roster?, _ report: FleetReport, at site: SiteID) -> Table {
        var table = Table([.init(.site), .init(.entries, right: true), .init(.status), .init(.heard), .init(.detail)])
        let peers = Dictionary(report.peers.map { ($0.site, $0) }) { first, _ in first }
        for member in roster?.members ?? [] {
            let entries = frontier.rows(of: member.site).reduce(0) { $0 + $1.head.position }
            let peer = peers[member.site]
            let heard = peer.map(report.heard) ?? say(.never)
            table.add([
                report.names.site(member.site), String(entries),
                member.isRevoked ? say(Term.revoked) : peer?.word ?? "",
                member.site == site || member.isRevoked ? "" : heard, peer?.closed ?? "",
            ])
        }
        return table
    }
}

extension Roster {
    /// For how many seconds each member has been one, by the clock of who admitted it.
    fileprivate func ages(at milliseconds: Int64) -> [SiteID: UInt64] {
        var ages: [SiteID: UInt64] = [:]
        for member in members {
            if let admitted = member.admittedMilliseconds {
                ages[member.site] = Quantities.seconds(from: admitted, to: milliseconds)
            }
        }
        return ages
    }
}
