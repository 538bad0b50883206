import CaseModel
import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol

extension RecordNames {
    /// Names as the roster in this log has them; without a registry only this site has an alias.
    init(_ log: LogStore) throws {
        var (aliases, origins) = ([log.site: log.alias], [SiteID: SiteID]())
        var revoked: Set<SiteID> = []
        do {
            if let roster = try Roster(in: log) {
                for member in roster.members {
                    aliases[member.site] = member.alias
                    if member.continues != nil { origins[member.site] = roster.origin(of: member.site) }
                    if member.isRevoked { revoked.insert(member.site) }
                }
            }
        } catch let error as StorageError where error.code == .corrupted {
            // A damaged roster costs the other sites their names, never a nurse the record; `log verify` names the damage.
        }
        aliases[log.site] = log.alias
        self.init(
            aliases: aliases,
            sitesWithSeveralEpochs: try log.sitesWithSeveralEpochs(),
            origins: origins,
            revoked: revoked
        )
    }
}

extension LogStore {
    /// The first epoch of each site from which there are entries: of this one as its own file says, of another the one
    /// whose first entry was recorded first, where there are several.
    ///
    /// * origins: Of keys that go on as a site that had another one, that site's first key.
    func firstEpochs(origins: [SiteID: SiteID]) throws -> [SiteID: EpochID] {
        var first: [SiteID: (epoch: EpochID, milliseconds: Int64)] = [:]
        let several = try sitesWithSeveralEpochs()
        for feed in try feeds().map(\.feed) {
            let recorded = several.contains(feed.site) ? try firstRecorded(of: feed) : .max
            guard let known = first[feed.site], known.milliseconds <= recorded else {
                first[feed.site] = (feed.epoch, recorded)
                continue
            }
        }
        let own = Set(try feeds().filter { $0.isOwn && $0.attested.position > 0 }.map(\.feed.epoch))
        first[site] = (record.parents.map(\.epoch).first(where: own.contains) ?? epoch, 0)
        // A new key goes on in the numbers of the one before: its epochs have letters.
        for (site, origin) in origins { if let epoch = first[origin] { first[site] = epoch } }
        return first.mapValues(\.epoch)
    }

    /// When the first entry of a feed was made, by its site's clock; the end of time where that can not be read.
    private func firstRecorded(of feed: FeedID) throws -> Int64 {
        do {
            guard let entry = try entries(of: feed, after: 0, limitBytes: 1).first else { return .max }
            return try RecordEntry(decoding: entry.bytes, at: entry.reference).context.recorded.milliseconds
        } catch is RecordError {
            return .max
        } catch let error as StorageError {
            guard error.code == .corrupted else { throw error }
            return .max
        }
    }

    /// Sites of which more than one epoch is here.
    func sitesWithSeveralEpochs() throws -> Set<SiteID> {
        var epochs: [SiteID: Set<EpochID>] = [:]
        for feed in try feeds() { epochs[feed.feed.site, default: []].insert(feed.feed.epoch) }
        return Set(epochs.filter { $0.value.count > 1 }.keys)
    }

    /// The entry of a typed reference.
    ///
    /// - Throws: ``Failure`` 66 when there is none or its digest differs, 65 when several fit.
    func entry(named typed: TypedReference, asTyped text: String, _ names: RecordNames) throws -> EntryReference {
        let feeds = try feeds().map(\.feed).filter { feed in
            feed.lane.rawValue == typed.lane && names.fits(typed.site, feed.site)
                && typed.epochLetters.map { $0 == CaseNumber.letters(of: feed.epoch) } ?? true
        }
        var found: [EntryReference] = []
        for feed in feeds {
            let entries = try self.entries(of: feed, after: typed.position - 1, limitBytes: 1)
            if let entry = entries.first, entry.reference.position == typed.position { found.append(entry.reference) }
        }
        return try typed.chosen(among: found, asTyped: text)
    }
}

extension TypedReference {
    /// Whether an entry at the place may be the one that is meant: the digest was left out, or is its.
    func fits(_ entry: EntryReference) -> Bool { digest.map { entry.digestDigits.hasPrefix($0) } ?? true }

    /// The one entry that is meant among those at the place.
    ///
    /// - Throws: ``Failure`` 66 when there is none or the digest differs, 65 when several fit.
    func chosen(among there: [EntryReference], asTyped text: String) throws -> EntryReference {
        guard !there.isEmpty else { throw Failure(.noInput, .referenceUnknown(text), remedy: .referenceRemedy) }
        let fitting = there.filter(fits)
        guard !fitting.isEmpty else { throw Failure(.noInput, .referenceDiffers(text), remedy: .referenceRemedy) }
        guard fitting.count == 1 else { throw Failure(.dataError, .referenceAmbiguous(text)) }
        return fitting[0]
    }
}
