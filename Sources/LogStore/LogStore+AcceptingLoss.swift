import LogFormat
package import StoreIO

extension LogStore {
    /// How many entries a report names as lost, each counted once.
    package static func lostEntries(in report: StoreReport) -> UInt64 {
        var count: UInt64 = 0
        for feed in report.feeds {
            for range in merged(feed.lostPositions) { count += range.upperBound - range.lowerBound + 1 }
        }
        return count
    }

    /// Records that a person takes what a report names as damaged in feeds for lost. Nothing is removed: the positions
    /// stay named by `log verify`, and a later repair may bring them back. Incidents of these feeds are closed.
    ///
    /// - Parameters:
    ///   - report: As it was shown to the person.
    ///   - by: Who.
    ///   - reason: Why, in one sentence without clinical content.
    /// - Returns: What was recorded, one for each feed and stretch.
    /// - Throws: `.noSpace`, `.readOnly`, `.inputOutput`.
    package func acceptLoss(
        of report: StoreReport,
        by: String,
        reason: String
    ) throws(StorageError) -> [Incident] {
        try checkWritable()
        let now = surroundings.clock.millisecondsSinceEpoch()
        var recorded: [Incident] = []
        for feed in report.feeds where feed.isDamaged {
            let damages = feed.findings.filter { $0.weight == .damage }
            let files = Set(damages.map(\.location.path)).sorted().compactMap { path in
                path.hasPrefix(paths.root + "/") ? String(path.dropFirst(paths.root.count + 1)) : nil
            }
            let ranges: [ClosedRange<UInt64>?] = feed.lostPositions.isEmpty ? [nil] : Self.merged(feed.lostPositions)
            for positions in ranges {
                var incident = Incident(
                    milliseconds: now,
                    kind: Incident.acceptedLossKind,
                    feed: feed.feed.description,
                    positions: positions,
                    text: positions.map {
                        "Positions \($0.lowerBound) to \($0.upperBound) of feed \(feed.feed) were taken for lost."
                    } ?? "Damage in feed \(feed.feed) was accepted.",
                    nonce: surroundings.random.bytes(8)
                )
                incident.files = files
                incident.closing = .init(milliseconds: now, by: by, how: reason)
                try whileAppending { _ throws(StorageError) in
                    try incident.save(at: paths, in: surroundings.fileSystem)
                }
                recorded.append(incident)
            }
            for incident in try incidents()
            where incident.feed == feed.feed.description && incident.kind != Incident.epochKind {
                try closeIncident(incident.id, by: by, how: "Loss accepted: \(reason)")
            }
        }
        return recorded
    }

    /// The same positions in as few stretches as there are.
    static func merged(_ ranges: [ClosedRange<UInt64>]) -> [ClosedRange<UInt64>] {
        var result: [ClosedRange<UInt64>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound <= last.upperBound + 1 {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }
}
