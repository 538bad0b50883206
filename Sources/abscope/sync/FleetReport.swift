import LogFormat
import SyncEngine
import SyncProtocol

/// How the sites of a registry stand, as it is known at one of them.
struct FleetReport {
    let peers: [ControlReply.Peer]
    let frontier: Frontier
    let delivery: Delivery
    let names: RecordNames
    /// For how many seconds each site has been in the roster, by the clock of who admitted it.
    var memberSeconds: [SiteID: UInt64] = [:]
    /// Age in seconds of the oldest entry that was recorded here and is nowhere else; nil where there is none.
    var onlyHereSeconds: UInt64?
    /// Whether nothing goes over this site's own link now.
    var isWaiting = false

    /// What people and programs read of how a site stands.
    func word(_ peer: ControlReply.Peer) -> String {
        isWaiting && !peer.isConnected ? say(.link(.waitingWord)) : peer.word
    }

    /// What a person should act on.
    func findings(_ limits: FleetLimits.Seconds) -> [FleetMessage] {
        var findings: [FleetMessage] = []
        for peer in peers {
            let name = names.site(peer.site)
            if peer.openIncidents > 0 { findings.append(.incidents(name, peer.openIncidents)) }
            // The other site says so: here nothing is known of it, and nothing of it will come.
            if peer.turnsAway, !names.revoked.contains(peer.site) { findings.append(.turnedAway(name)) }
            if peer.isWordless { findings.append(.wordless(name)) }
            if !peer.isConnected, peer.closedReason == .storeUnavailable { findings.append(.stuckStore(name)) }
            if let limit = limits.silent {
                if let age = peer.ageSeconds {
                    if age > limit { findings.append(.silent(name, Self.duration(age))) }
                } else if let age = memberSeconds[peer.site], age > limit {
                    findings.append(.neverHeard(name, Self.duration(age)))
                }
            }
            if let limit = limits.clock, let offset = peer.status.clockOffsetMilliseconds,
                offset.magnitude / 1000 > limit
            {
                findings.append(.clock(name, Self.duration(offset.magnitude / 1000), isAhead: offset > 0))
            }
        }
        if let limit = limits.unsent, !peers.isEmpty, let age = onlyHereSeconds, age > limit {
            findings.append(.undelivered(delivery.onlyHere(frontier), Self.duration(age)))
        }
        return findings
    }

    /// Every site: when it was heard and by whom, and what it has of ours.
    func table() -> Table {
        var table = Table([
            .init(.site), .init(.heard), .init(.hasOurs), .init(.clock, right: true), .init(.incidents, right: true),
            .init(.program),
        ])
        for peer in peers {
            table.add([
                names.site(peer.site), heard(peer), hasOurs(peer), clock(peer),
                peer.openIncidents == 0 ? "" : String(peer.openIncidents), peer.status.peerProgram ?? "",
            ])
        }
        return table
    }

    /// How old what is known of a site is, and by whose word.
    func heard(_ peer: ControlReply.Peer) -> String {
        guard let age = peer.ageSeconds else { return say(.never) }
        guard let reporter = peer.reportedBy else { return Self.duration(age) }
        return say(.fleet(.reported(Self.duration(age), by: names.site(reporter))))
    }

    private func hasOurs(_ peer: ControlReply.Peer) -> String {
        guard delivery.isKnown(peer.site) else { return say(.fleet(.nothingSaid)) }
        let lacking = delivery.missing(at: peer.site, of: frontier)
        return say(.fleet(lacking == 0 ? .all : .lacking(lacking)))
    }

    /// `+2 min`; nothing for less than a second.
    private func clock(_ peer: ControlReply.Peer) -> String {
        guard let offset = peer.status.clockOffsetMilliseconds, offset.magnitude >= 1000 else { return "" }
        return (offset > 0 ? "+" : "-") + Self.duration(offset.magnitude / 1000)
    }

    func json(_ peer: ControlReply.Peer) -> JSON {
        .object([
            ("site", .string(String(describing: peer.site))), ("alias", .string(names.site(peer.site))),
            ("status", .string(word(peer))), ("connected", .bool(peer.isConnected)),
            ("entries_to_send", JSON(peer.status.toSend.entries)), ("bytes_to_send", JSON(peer.status.toSend.bytes)),
            ("entries_to_receive", JSON(peer.status.toReceive.entries)),
            ("bytes_to_receive", JSON(peer.status.toReceive.bytes)), ("age_seconds", JSON(peer.ageSeconds)),
            ("reported_by", JSON(peer.reportedBy.map(names.site))),
            ("in_sync_age_seconds", JSON(peer.inSyncAgeSeconds)),
            ("lacks_of_ours", JSON(delivery.isKnown(peer.site) ? delivery.missing(at: peer.site, of: frontier) : nil)),
            ("clock_offset_milliseconds", JSON(peer.status.clockOffsetMilliseconds)),
            ("program", JSON(peer.status.peerProgram)), ("closed", JSON(peer.closed)),
            ("open_incidents", .integer(Int64(peer.openIncidents))),
        ])
    }

    private static func duration(_ seconds: UInt64) -> String { Quantities.duration(seconds: Int64(clamping: seconds)) }
}

extension ControlReply.Peer {
    /// What people are shown: a site that there never was a session with is not connecting.
    var word: String {
        isConnected || status.word != .connecting ? status.word.rawValue : say(.fleet(.notConnected))
    }
}
