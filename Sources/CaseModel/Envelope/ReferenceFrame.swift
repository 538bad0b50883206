package import LogFormat
package import Schema

/// The entry that carries a reference: what is absent in a reference is taken from it.
package struct ReferenceFrame: Hashable, Sendable {
    package var container: EntryReference

    package init(container: EntryReference) {
        self.container = container
    }

    /// The entry a stored reference names.
    ///
    /// - Throws: `.illFormedEntry` when identities have the wrong length, a site comes without its epoch, or position
    ///   or digest are absent.
    package func resolve(_ reference: Reference) throws(RecordError) -> EntryReference {
        var feed = container.feed
        if reference.hasSite {
            guard let site = SiteID(reference.site) else { throw Self.illFormed("a site that is not 16 bytes") }
            guard reference.hasEpoch else { throw Self.illFormed("a site without an epoch") }
            feed.site = site
        }
        if reference.hasEpoch {
            guard let epoch = EpochID(reference.epoch) else { throw Self.illFormed("an epoch that is not 8 bytes") }
            feed.epoch = epoch
        }
        if reference.hasLane {
            guard let raw = UInt8(exactly: reference.lane), let lane = Lane(rawValue: raw) else {
                throw Self.illFormed("lane \(reference.lane)")
            }
            feed.lane = lane
        }
        guard reference.position >= 1, reference.hasDigestPrefix else {
            throw Self.illFormed("no position or no digest")
        }
        return EntryReference(feed: feed, position: reference.position, digestPrefix: reference.digestPrefix)
    }

    /// The record a stored reference names; an absent entry is the container itself.
    package func resolve(_ reference: RecordReference) throws(RecordError) -> RecordID {
        RecordID(
            entry: reference.hasEntry ? try resolve(reference.entry) : container,
            change: reference.change
        )
    }

    private static func illFormed(_ what: String) -> RecordError {
        RecordError(.illFormedEntry, "A reference with \(what) names nothing.")
    }
}

extension FeedID {
    /// The shortest form of a reference inside an entry of this feed.
    package func abbreviate(_ entry: EntryReference) -> Reference {
        var reference = Reference()
        if entry.feed.site != site {
            reference.site = collected(entry.feed.site.bytes)
            reference.epoch = collected(entry.feed.epoch.bytes)
        } else if entry.feed.epoch != epoch {
            reference.epoch = collected(entry.feed.epoch.bytes)
        }
        if entry.feed.lane != lane { reference.lane = UInt32(entry.feed.lane.rawValue) }
        reference.position = entry.position
        reference.digestPrefix = entry.digestPrefix
        return reference
    }

    /// The shortest form of a record's name inside an entry of this feed.
    package func abbreviate(_ target: RecordTarget) -> RecordReference {
        var reference = RecordReference()
        switch target {
        case .existing(let record):
            reference.entry = abbreviate(record.entry)
            if record.change != 0 { reference.change = record.change }
        case .inThisEntry(let change):
            if change != 0 { reference.change = change }
        }
        return reference
    }
}
