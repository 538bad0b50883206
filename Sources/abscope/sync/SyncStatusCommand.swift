import ArgumentParser
import CaseModel
import LogFormat
import LogStore
import SyncEngine
import SyncProtocol

/// `abscope sync status`.
struct SyncStatusCommand: StoreCommand {
    static let configuration = CommandConfiguration("status", .syncStatus)

    @OptionGroup var common: CommonOptions

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        let names = try RecordNames(log)
        let frontier = try log.frontier()
        let reply = try ControlClient.ask(ControlRequest(.status), at: session.controlSocket)
        let members: [(String, JSON)] = [
            ("site", .string(log.alias)), ("frontier", .string(String(describing: frontier.digest))),
            ("entries", JSON(frontier.rows.reduce(0) { $0 + $1.head.position })), ("running", .bool(reply != nil)),
        ]
        session.console.line(.frontierIs(String(describing: frontier.digest)))
        guard let reply else {
            let known = try session.knownPeers()
            let link = try session.peerNotes()?.link ?? LinkReport()
            try showStore(log, names, known, in: session.console)
            showLink(link, in: session)
            session.console.json(
                members + [
                    ("link", link.json(at: session.now.linkMoment)), ("sites", .array(known.map { json($0, names) })),
                ]
            )
            session.console.note(.daemonDown)
            session.console.note(.daemonDownRemedy)
            return .unavailable
        }
        try reply.check()
        var table = Table([
            .init(.site), .init(.status), .init(.toSend, right: true), .init(.toReceive, right: true), .init(.heard),
            .init(.detail),
        ])
        let link = reply.link ?? LinkReport()
        for peer in reply.peers { table.add(cells(peer, link.isWaiting(at: session.now.linkMoment), names)) }
        session.console.table(table, orElse: .syncNoState)
        showLink(link, in: session)
        session.console.json(
            members + [
                ("daemon", .string(reply.program)), ("link", link.json(at: session.now.linkMoment)),
                ("sites", .array(reply.peers.map { json($0, names) })),
            ]
        )
        return reply.peers.contains { $0.openIncidents > 0 } ? .findings : .success
    }

    private func showLink(_ link: LinkReport, in session: Session) {
        guard link.rules.areAny else { return }
        for line in link.lines(in: session) { session.console.line(line) }
    }

    /// Without the daemon: which sites there are, how much of each is here, and when it was last heard from.
    private func showStore(
        _ log: LogStore,
        _ names: RecordNames,
        _ known: [ControlReply.Peer],
        in console: Console
    ) throws {
        console.line(.syncFromStore)
        var table = Table([.init(.site), .init(.entries, right: true), .init(.status), .init(.heard), .init(.detail)])
        let frontier = try log.frontier()
        for member in try Roster(in: log)?.members ?? [] {
            let entries = frontier.rows.filter { $0.feed.site == member.site }.reduce(0) { $0 + $1.head.position }
            let peer = known.first { $0.site == member.site }
            table.add([
                names.site(member.site), String(entries), peer?.status.word.rawValue ?? "",
                member.site == log.site ? "" : lastContact(peer?.ageSeconds), peer?.closed ?? "",
            ])
        }
        console.table(table, orElse: .syncNoState)
    }

    private func lastContact(_ ageSeconds: UInt64?) -> String {
        guard let ageSeconds else { return say(.never) }
        return say(.lastContact(Quantities.duration(seconds: Int64(clamping: ageSeconds))))
    }

    private func cells(_ peer: ControlReply.Peer, _ isWaiting: Bool, _ names: RecordNames) -> [String] {
        func amount(_ entries: UInt64, _ bytes: UInt64) -> String {
            entries == 0 ? "" : "\(entries) (\(Quantities.bytes(bytes)))"
        }
        let age = peer.ageSeconds.map { Quantities.duration(seconds: Int64(clamping: $0)) } ?? say(.never)
        return [
            names.site(peer.site),
            isWaiting && !peer.isConnected ? say(.link(.waitingWord)) : peer.status.word.rawValue,
            amount(peer.status.toSend.entries, peer.status.toSend.bytes),
            amount(peer.status.toReceive.entries, peer.status.toReceive.bytes), age, peer.closed ?? "",
        ]
    }

    private func json(_ peer: ControlReply.Peer, _ names: RecordNames) -> JSON {
        .object([
            ("site", .string(String(describing: peer.site))), ("alias", .string(names.site(peer.site))),
            ("status", .string(peer.status.word.rawValue)), ("connected", .bool(peer.isConnected)),
            ("entries_to_send", JSON(peer.status.toSend.entries)), ("bytes_to_send", JSON(peer.status.toSend.bytes)),
            ("entries_to_receive", JSON(peer.status.toReceive.entries)),
            ("bytes_to_receive", JSON(peer.status.toReceive.bytes)), ("age_seconds", JSON(peer.ageSeconds)),
            ("in_sync_age_seconds", JSON(peer.inSyncAgeSeconds)),
            ("clock_offset_milliseconds", JSON(peer.status.clockOffsetMilliseconds)),
            ("program", JSON(peer.status.peerProgram)), ("closed", JSON(peer.closed)),
            ("open_incidents", .integer(Int64(peer.openIncidents))),
        ])
    }
}

extension ControlReply {
    /// - Throws: ``Failure`` 77 when the daemon refused, 75 when the time was over, 76 when it did not understand.
    func check() throws {
        switch outcome {
        case .done: return
        case .refused: throw Failure(.noPermission, .daemonAnswer(message))
        case .timedOut: throw Failure(.temporary, .daemonAnswer(message))
        case .notUnderstood: throw Failure(.protocolError, .daemonGarbled)
        }
    }
}

extension Session {
    /// The daemon's socket in the store.
    var controlSocket: String { storePath + "/control.sock" }
}
