import LogFormat
import SyncProtocol
import SyncService

/// What the metrics endpoint shows of a daemon: its store, and how it stands with each other site. Never anything
/// clinical.
enum DaemonMetrics {
    /// The numbers of the store.
    ///
    /// - Parameters:
    ///   - store: nil when it can not be read: then nothing is shown of it, rather than something old.
    ///   - sealing: Seconds since the last round of sealing was finished; nil before the first.
    /// - Returns: In the order they are documented in.
    static func samples(of store: StoreFigures?, sealing: UInt64?) -> [MetricSample] {
        var samples: [MetricSample] = []
        func add(_ name: String, _ help: String, _ value: some BinaryInteger, state: String? = nil) {
            samples.append(
                MetricSample(
                    "abscope_" + name,
                    .gauge,
                    help: help,
                    labels: state.map { [("state", $0)] } ?? [],
                    value: Double(value)
                )
            )
        }
        if let store {
            add("store_feeds", "Feeds held, of this and other sites.", store.feeds)
            add("store_damaged_feeds", "Feeds with damaged or missing entries.", store.damagedFeeds)
            add("store_entries", "Entries that may be shown, of all sites.", store.entries)
            add(
                "store_unattested_entries",
                "Entries that arrived and that their site has not vouched for yet.",
                store.unattestedEntries
            )
            add("store_incidents", "What happened to the store and was not closed.", store.incidents)
            add("only_here_entries", "Entries recorded here, not known to be anywhere else.", store.onlyHereEntries)
            if let seconds = store.onlyHereSeconds {
                add("only_here_age_seconds", "For how long the oldest of these has been there.", seconds)
            }
            if let room = store.room {
                add("store_bytes", "What the files of all segments hold.", room.storedBytes)
                add("store_raw_bytes", "The same before compression.", room.rawBytes)
                add("store_segments", "Segments by state.", room.rawSegments, state: "raw")
                add("store_segments", "Segments by state.", room.sealedSegments, state: "sealed")
            }
            add("view_behind_seconds", "For how long the read model has lacked entries.", store.viewBehindSeconds)
            add(
                "view_missing_entries",
                "Entries the read model lacked when it last followed.",
                store.viewMissingEntries
            )
        }
        if let sealing {
            add("seal_age_seconds", "Seconds since a round of sealing was finished without an error.", sealing)
        }
        return samples
    }

    /// How many sessions there are, and how many there would have been.
    static func samples(ofSessions sessions: (up: Int, beginning: Int, turnedAway: UInt64)) -> [MetricSample] {
        func sample(_ name: String, _ kind: MetricSample.Kind, _ help: String, _ value: Double) -> MetricSample {
            MetricSample("abscope_sessions" + name, kind, help: help, labels: [], value: value)
        }
        return [
            sample("", .gauge, "Sessions that are up, strangers left out.", Double(sessions.up)),
            sample(
                "_beginning",
                .gauge,
                "Of these, those that wait to hear what the other site holds.",
                Double(sessions.beginning)
            ),
            sample(
                "_turned_away_total",
                .counter,
                "Sessions that were asked to come back later, since the daemon began.",
                Double(sessions.turnedAway)
            ),
        ]
    }

    /// The bytes that went over the site's own link, both directions, and what may go.
    static func samples(of link: LinkReport, isOpen: Bool) -> [MetricSample] {
        func sample(_ name: String, _ help: String, _ span: String, _ bytes: UInt64) -> MetricSample {
            MetricSample(
                "abscope_link_" + name,
                .gauge,
                help: help,
                labels: [("span", span)],
                value: Double(bytes)
            )
        }
        var samples = [
            ("day", link.usage.dayBytes, link.rules.budget.dayBytes),
            ("month", link.usage.monthBytes, link.rules.budget.monthBytes),
        ].flatMap { span, used, limit in
            [sample("bytes", "Bytes over the link, by the local calendar.", span, used)]
                + (limit.map { [sample("budget_bytes", "As many at most.", span, $0)] } ?? [])
        }
        samples.sort { $0.name < $1.name }
        samples.append(
            MetricSample(
                "abscope_link_open",
                .gauge,
                help: "0 while nothing may go over the link, by its windows or because its bytes are spent.",
                labels: [],
                value: isOpen ? 1 : 0
            )
        )
        return samples
    }

    /// How this site stands with each other one.
    ///
    /// - Parameters:
    ///   - peers: As the daemon knows them.
    ///   - version: Of this program.
    ///   - alias: What people call a site.
    /// - Returns: In the order they are documented in.
    static func samples(
        of peers: [ControlReply.Peer],
        version: String,
        alias: (SiteID) -> String
    ) -> [MetricSample] {
        var samples = [
            MetricSample(
                "abscope_build_info",
                .gauge,
                help: "Always 1; the version is a label.",
                labels: [("version", version)],
                value: 1
            )
        ]
        for peer in peers {
            func add(_ name: String, _ help: String, _ value: Double, _ labels: [(name: String, value: String)] = []) {
                samples.append(
                    MetricSample(
                        "abscope_peer_" + name,
                        .gauge,
                        help: help,
                        labels: [("site", "\(peer.site)")] + labels,
                        value: value
                    )
                )
            }
            add("info", "Always 1; what people call the site is a label.", 1, [("alias", alias(peer.site))])
            add("connected", "1 while a session with the site is open.", peer.isConnected ? 1 : 0)
            add("to_send_entries", "Entries held here that the site lacks.", Double(peer.status.toSend.entries))
            add("to_send_bytes", "Their bytes, as stored here.", Double(peer.status.toSend.bytes))
            add(
                "to_receive_entries",
                "Entries the site holds, of any site, that are not here yet.",
                Double(peer.status.toReceive.entries)
            )
            add("to_receive_bytes", "Their bytes, as the site states them.", Double(peer.status.toReceive.bytes))
            add("open_incidents", "Contradictions with the site that nobody has closed.", Double(peer.openIncidents))
            add(
                "turned_away",
                "1 while the site said last that this one's key was revoked, or ends each connection without a word.",
                peer.turnsAway || peer.isWordless ? 1 : 0
            )
            if let age = peer.ageSeconds {
                add("heard_age_seconds", "Seconds since the site was last heard from.", Double(age))
            }
            if let offset = peer.status.clockOffsetMilliseconds {
                add("clock_offset_seconds", "The site's clock less the one here.", Double(offset) / 1000)
            }
            if let age = peer.inSyncAgeSeconds {
                add("in_sync_age_seconds", "Seconds since both were last in sync.", Double(age))
            }
        }
        return samples
    }
}
