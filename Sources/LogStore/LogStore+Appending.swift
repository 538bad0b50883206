package import LogFormat
package import StoreIO

extension LogStore {
    /// Appends entries to one of the site's own lanes as one commit.
    ///
    /// - Parameters:
    ///   - entries: 1 to ``Limits/entryBytes`` bytes each, together at most ``Limits/commitBytes``; at least one.
    ///   - lane: Where they belong.
    ///   - expecting: The own feeds' heads that the caller validated against; nil when it needs none. Those of
    ///     ``Lane/attachments`` are left out, for nothing can be validated against the pieces of files, and a record does
    ///     not give way to a file.
    ///   - epoch: The epoch the entries were encoded for, because references inside leave out what is that of their
    ///     feed; nil when the bytes mean the same in every epoch. Append itself may have to open a new one.
    /// - Returns: The entries' references, in order; they are durable and published.
    /// - Throws: `.moved` when the own heads are not the expected ones any more, or the site writes in another epoch;
    ///   `.tooLarge`, `.invalidArgument`;
    ///   `.noSpace` and `.readOnly`, when nothing was written; `.poisoned`, `.inputOutput`. After `.inputOutput` on the
    ///   file HEADS it is not known which: the entries may be published, or set aside by the next writer, or adopted by
    ///   recovery after a power cut. Whoever retries looks first whether they are there.
    /// - Complexity: One data sync, shared with the appends of other threads that come meanwhile.
    package func append(
        _ entries: [[UInt8]],
        to lane: Lane,
        expecting: [FeedID: FeedHead]? = nil,
        epoch: EpochID? = nil
    ) throws(StorageError) -> [EntryReference] {
        var lengthBytes = 0
        for entry in entries {
            guard !entry.isEmpty, entry.count <= Limits.entryBytes else {
                throw StorageError(
                    .tooLarge,
                    "An entry has 1 to \(Limits.entryBytes) bytes, not \(entry.count): say it in several entries."
                )
            }
            lengthBytes += 4 + entry.count
        }
        guard !entries.isEmpty else { throw StorageError(.invalidArgument, "There is nothing to append.") }
        guard lengthBytes <= Limits.commitBytes else {
            throw StorageError(
                .tooLarge,
                "One commit holds at most \(Limits.commitBytes) bytes, not \(lengthBytes): append in parts."
            )
        }
        let request = CommitQueue.Request(
            entries: entries,
            lane: lane,
            expecting: expecting,
            epoch: epoch,
            lengthBytes: lengthBytes
        )
        return try queue.submit(request) { take throws(StorageError) in
            try whileAppending { section throws(StorageError) in
                try checkIncarnation(section)
                try leaveDamagedEpoch(section)
                return try decide(take(), in: section)
            }
        }.get()
    }

    /// A process that found damage may have died before it could open a new epoch.
    private func leaveDamagedEpoch(_ section: AppendSection) throws(StorageError) {
        let epoch = epoch
        let damaged = section.snapshot.slots.first {
            $0?.isDamaged == true && $0?.feed.site == site && $0?.feed.epoch == epoch && $0?.branch == 0
        }
        guard let feed = damaged??.feed else { return }
        try openEpoch(section, reason: "feed \(feed) is damaged.", damage: nil)
    }

    /// Decides requests in their order, with one commit a lane.
    ///
    /// - Parameters:
    ///   - requests: What to append, in order.
    ///   - section: The append lock is held.
    ///   - isRetry: The epoch was just opened; damage in it is an error.
    ///   - isFoundAgain: The end of a feed was just found again, so what nobody expected anything of fails when it moves.
    /// - Returns: An outcome for each request.
    /// - Throws: `.inputOutput`, before anything was written.
    private func decide(
        _ requests: [CommitQueue.Request],
        in section: AppendSection,
        isRetry: Bool = false,
        isFoundAgain: Bool = false
    ) throws(StorageError) -> [CommitQueue.Outcome] {
        // The ends are needed only to compare them with what somebody expects.
        let own = requests.contains { $0.expecting != nil } ? try ownHeads(section) : [:]
        var isChanging = false
        var outcomes: [CommitQueue.Outcome] = []
        outcomes.reserveCapacity(requests.count)
        for request in requests {
            let isElsewhere = request.epoch.map { $0 != epoch } ?? false
            if isElsewhere || request.expecting.map({ !isExpected($0, own, isChanging: isChanging) }) == true {
                outcomes.append(
                    .failure(StorageError(.moved, "Something else was recorded meanwhile: look again and retry."))
                )
            } else {
                outcomes.append(.success([]))
                isChanging = isChanging || request.lane.isValidated
            }
        }
        for lane in Lane.allCases {
            let numbers = requests.indices.filter { outcomes[$0].isSuccess && requests[$0].lane == lane }
            if numbers.isEmpty { continue }
            do throws(StorageError) {
                let committed = try section.commit(
                    .entries(numbers.map { requests[$0].entries }),
                    to: FeedID(site: site, epoch: epoch, lane: lane),
                    key: identity.publicKey
                )
                var start = 0
                for number in numbers {
                    let end = start + requests[number].entries.count
                    outcomes[number] = .success(committed.references(start..<end))
                    start = end
                }
            } catch  where error.code == .corrupted && !isRetry || error.code == .moved && !isFoundAgain {
                let left = requests.indices.filter { outcomes[$0].isSuccess && requests[$0].lane >= lane }
                let again = left.map { requests[$0] }
                // The place to write at is not what HEADS says. Either the feed was found to end further on, or it is
                // damaged, and a nurse still records.
                let renewed =
                    error.code == .moved
                    ? decideAgain(again, in: section, isRetry: isRetry) : decideAnew(again, damage: error, in: section)
                for (index, outcome) in zip(left, renewed) { outcomes[index] = outcome }
                break
            } catch {
                for number in numbers { outcomes[number] = .failure(error) }
            }
        }
        if section.rolledSegments > 0 { try writeMarker(section) }
        return outcomes
    }

    /// Decides what was not yet committed once more, now that the end of a feed was found again.
    private func decideAgain(
        _ requests: [CommitQueue.Request],
        in section: AppendSection,
        isRetry: Bool
    ) -> [CommitQueue.Outcome] {
        do throws(StorageError) {
            return try decide(requests, in: section, isRetry: isRetry, isFoundAgain: true)
        } catch {
            return requests.map { _ in .failure(error) }
        }
    }

    /// Opens a new epoch because of damage and decides there what was not yet committed; what was, is not repeated.
    private func decideAnew(
        _ requests: [CommitQueue.Request],
        damage: StorageError,
        in section: AppendSection
    ) -> [CommitQueue.Outcome] {
        do throws(StorageError) {
            try openEpoch(section, reason: damage.message, damage: damage)
            // Their expectations were met a moment ago, inside this section.
            let unconditional = requests.map { request in
                var request = request
                request.expecting = nil
                return request
            }
            return try decide(unconditional, in: section, isRetry: true)
        } catch {
            return requests.map { _ in .failure(error) }
        }
    }

    /// The ends of this site's feeds of this epoch that have entries.
    func ownHeads(_ section: AppendSection) throws(StorageError) -> [FeedID: FeedHead] {
        var heads: [FeedID: FeedHead] = [:]
        for lane in Lane.allCases {
            let feed = FeedID(site: site, epoch: epoch, lane: lane)
            if let slot = try section.slot(feed), slot.stored.position > 0 { heads[feed] = slot.stored }
        }
        return heads
    }

    /// Whether the own heads are those that somebody validated against.
    ///
    /// - Parameters:
    ///   - expecting: What they have to be.
    ///   - own: What they are.
    ///   - isChanging: Something is about to be appended to them, and nobody can expect the ends that makes.
    /// - Returns: True when nothing was recorded meanwhile.
    private func isExpected(
        _ expecting: [FeedID: FeedHead],
        _ own: [FeedID: FeedHead],
        isChanging: Bool
    ) -> Bool {
        if SeededBug.expectingIgnored.isPlanted { return true }
        if isChanging { return false }
        let current = expecting.filter {
            $0.key.site == site && $0.key.epoch == epoch && $0.key.lane.isValidated && $0.value.position > 0
        }
        return current == own.filter(\.key.lane.isValidated)
    }
}

extension Result {
    fileprivate var isSuccess: Bool {
        if case .success = self { true } else { false }
    }
}
