package import LogFormat
package import StoreIO

extension LogStore {
    /// Makes this site a member of a registry it founded or was admitted to; durable when this returns. Repeating it
    /// with other addresses replaces them.
    ///
    /// - Throws: `.invalidArgument` when the site belongs to another registry or an address is not one line; `.noSpace`, `.readOnly`, `.inputOutput`.
    package func join(_ membership: RegistryMembership) throws(StorageError) {
        guard membership.dialAddresses.allSatisfy({ !TextRecord.isBroken($0) }) else {
            throw StorageError(.invalidArgument, "An address is one line, host:port: write it without line breaks.")
        }
        try join(membership.registry) { () throws(StorageError) in
            // First what is needed to make use of it, then that it counts.
            try surroundings.fileSystem.replaceFile(paths.registry, with: membership.encoded)
        }
    }

    /// Notes the registry this site founded or joined; durable when this returns.
    ///
    /// - Throws: `.invalidArgument` when the site belongs to another one: then nothing was changed.
    package func join(_ registry: RegistryID) throws(StorageError) {
        try join(registry) { () throws(StorageError) in }
    }

    private func join(
        _ registry: RegistryID,
        preparing prepare: () throws(StorageError) -> Void
    ) throws(StorageError) {
        try whileAppending { section throws(StorageError) in
            // Only in here: another process may have joined a moment ago.
            var record = self.record
            guard record.registry == nil || record.registry == registry else {
                throw StorageError(
                    .invalidArgument,
                    "This site belongs to another registry; a site belongs to one. Make a new store to join this one.",
                    at: .init(path: paths.site)
                )
            }
            try prepare()
            record.registry = registry
            try save(record, section)
        }
    }

    /// The registry this site belongs to; nil while it belongs to none.
    package func membership() throws(StorageError) -> RegistryMembership? {
        registry == nil ? nil : try RegistryMembership(at: paths, in: surroundings.fileSystem)
    }

    /// Every entry of lane 0 that is held and may be shown, in the order of feeds: what a roster is folded from, beside the
    /// histories of forked feeds that some of them say are carried.
    ///
    /// - Complexity: O(entries of lane 0).
    package func rosterEntries() throws(StorageError) -> [StoredEntry] {
        var entries: [StoredEntry] = []
        for row in try frontier().rows where row.feed.lane == .roster {
            var position: UInt64 = 0
            while position < row.head.position {
                let part = try self.entries(of: row.feed, after: position, limitBytes: 1 << 20)
                guard let last = part.last else { break }
                entries += part
                position = last.reference.position
            }
        }
        return entries
    }
}
