package import LogFormat
package import StoreIO

// What happened to a store and a person has to know of.
extension LogStore {
    /// What happened to this store and was not closed yet, oldest first.
    package func incidents() throws(StorageError) -> [Incident] { try allIncidents().filter(\.isOpen) }

    /// What happened to this store, closed or not, oldest first.
    package func allIncidents() throws(StorageError) -> [Incident] {
        try Incident.all(at: paths, in: surroundings.fileSystem)
    }

    /// Entries that were acknowledged or shown, and that this store is known to have lost: what open incidents name, and
    /// what a person accepted.
    ///
    /// - Returns: One for each incident with positions, oldest first. Some of it may have come back.
    /// - Throws: `.unsupportedFormat`, `.inputOutput`.
    package func losses() throws(StorageError) -> [Loss] {
        try allIncidents().compactMap { incident in
            let isAccepted = incident.kind == Incident.acceptedLossKind
            let isOpen = incident.isOpen && [Incident.damageKind, Incident.fallBackKind].contains(incident.kind)
            guard isAccepted || isOpen, let positions = incident.positions,
                let feed = incident.feed.flatMap({ Self.feed(named: $0) }), feed.branch == 0
            else { return nil }
            return Loss(
                feed: feed.feed,
                positions: positions,
                acceptedMilliseconds: isAccepted ? incident.milliseconds : nil
            )
        }
    }

    /// A stretch of a feed that was lost here.
    package struct Loss: Hashable, Sendable {
        package var feed: FeedID
        package var positions: ClosedRange<UInt64>
        /// When a person took it for lost, in milliseconds since 1970 by this machine's clock; nil while it is awaited.
        package var acceptedMilliseconds: Int64?
    }

    /// Ends an incident: commands no longer repeat it. It is kept with who closed it, when and how; one whose file can not
    /// be read goes to quarantine. Durable when this returns. Closing one that is closed changes nothing.
    ///
    /// - Parameters:
    ///   - id: Of the incident.
    ///   - by: Who decided that; nil when it ended by itself.
    ///   - how: What was done about it, in one sentence without clinical content.
    /// - Returns: The incident as it is kept; nil when it went to quarantine.
    /// - Throws: `.notFound`, `.noSpace`, `.readOnly`, `.inputOutput`.
    @discardableResult
    package func closeIncident(_ id: String, by: String?, how: String) throws(StorageError) -> Incident? {
        let fileSystem = surroundings.fileSystem
        return try whileAppending { (section) throws(StorageError) -> Incident? in
            // Only what is listed: an id is no path.
            guard var incident = try allIncidents().first(where: { $0.id == id }) else {
                throw StorageError(.notFound, "There is no incident \(id): see `abscope incident list`.")
            }
            guard !incident.isUnreadable else {
                try section.quarantine.move(
                    Incident.path(id, at: paths),
                    called: "\(id).incident",
                    nonce: section.nonce()
                )
                return nil
            }
            guard incident.isOpen else { return incident }
            incident.closing = Incident.Closing(
                milliseconds: surroundings.clock.millisecondsSinceEpoch(),
                by: by ?? Incident.program,
                how: how
            )
            try incident.save(at: paths, in: fileSystem)
            return incident
        }
    }
}
