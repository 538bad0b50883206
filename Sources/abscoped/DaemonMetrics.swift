import SyncProtocol
import SyncService

/// What the metrics endpoint shows of a daemon: how it stands with each other site, never anything clinical.
enum DaemonMetrics {
    static func samples(of peers: [ControlReply.Peer], version: String) -> [MetricSample] {
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
            func add(_ name: String, _ help: String, _ value: Double) {
                samples.append(
                    MetricSample(
                        "abscope_peer_" + name,
                        .gauge,
                        help: help,
                        labels: [("site", "\(peer.site)")],
                        value: value
                    )
                )
            }
            add("connected", "1 while a session with the site is open.", peer.isConnected ? 1 : 0)
            add("to_send_entries", "Entries held here that the site lacks.", Double(peer.status.toSend.entries))
            add("to_send_bytes", "Their bytes, as stored here.", Double(peer.status.toSend.bytes))
            add(
                "to_receive_entries",
                "Entries of the site that are not here yet.",
                Double(peer.status.toReceive.entries)
            )
            add("to_receive_bytes", "Their bytes, as the site states them.", Double(peer.status.toReceive.bytes))
            add("open_incidents", "Forks a person must look at.", Double(peer.openIncidents))
            if let age = peer.ageSeconds {
                add("heard_age_seconds", "Seconds since the site was last heard from.", Double(age))
            }
            if let age = peer.inSyncAgeSeconds {
                add("in_sync_age_seconds", "Seconds since both were last in sync.", Double(age))
            }
        }
        return samples
    }
}
