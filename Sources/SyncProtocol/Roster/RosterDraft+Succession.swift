package import LogFormat
import Schema

extension RosterDraft {
    /// Hands the office of the administrator over: the last entry that counts of the one who writes it.
    ///
    /// - Parameters:
    ///   - site: A member that is not revoked, another one than the administrator.
    ///   - others: The administrator's other feeds of lane 0 (its earlier epochs), as they stand.
    ///   - roster: As it stands.
    /// - Returns: The bytes of the entry.
    /// - Throws: `.notAllowed`, `.tooLarge`; `.illFormed` when `others` names anything else.
    package func handover(
        to site: SiteID,
        others: [Frontier.Row],
        in roster: Roster
    ) throws(SyncError) -> [UInt8] {
        guard let member = roster[site] else { throw SyncError(.notAllowed, "Site \(site) is not in the roster.") }
        guard !member.isRevoked else {
            throw SyncError(.notAllowed, "Site \(member.alias) was revoked: it can administer nothing.")
        }
        guard site != roster.administrator else {
            throw SyncError(.notAllowed, "Site \(member.alias) administers the registry already.")
        }
        guard others.allSatisfy({ $0.feed.site == roster.administrator && $0.feed.lane == .roster }) else {
            throw SyncError(.illFormed, "A handover names feeds of lane 0 of the site that hands over.")
        }
        try Self.check(others)
        var body = RosterBody()
        body.handover.successor = member.keys.schema
        body.handover.cutOffs = others.sorted { $0.feed < $1.feed }.map { CutOff($0) }
        return entry(body, in: roster)
    }

    /// Appoints an administrator with the key on paper. Whoever holds the entries believes them, in whosever lane 0 they stand.
    ///
    /// One recovery names no more cut-offs than fit into an entry. More of them, one number after the other, name them
    /// together: a later one takes nothing of what an earlier one names.
    package struct Appointment: Sendable {
        private let draft: RosterDraft
        private let recoveries: [Recovery]
        private let key: SitePublicKey
        private let registry: RegistryID

        /// - Parameters:
        ///   - site: Who is to administer the registry: a member that is not revoked.
        ///   - cutOffs: The feeds of lane 0 of everybody who administered before, as they stand: nothing else of them
        ///     counts afterwards. The new administrator's own are not needed.
        ///   - draft: When and by which program.
        ///   - roster: As it stands.
        /// - Throws: `.notAllowed`; `.tooLarge` after 2^32 - 1 recoveries; `.illFormed` when `cutOffs` names anything else.
        package init(
            of site: SiteID,
            cutOffs: [Frontier.Row],
            _ draft: RosterDraft,
            in roster: Roster
        ) throws(SyncError) {
            guard let member = roster[site], !member.isRevoked else {
                throw SyncError(
                    .notAllowed,
                    "Only a member of the registry that was not revoked can become its administrator."
                )
            }
            guard let key = SitePublicKey(roster.recoveryKey) else {
                throw SyncError(.notAllowed, "The registry was founded without a recovery key.")
            }
            guard cutOffs.allSatisfy({ roster.authorities.contains($0.feed.site) && $0.feed.lane == .roster }) else {
                throw SyncError(.illFormed, "A recovery names feeds of lane 0 of former administrators.")
            }
            let rows = cutOffs.sorted { $0.feed < $1.feed }
            let starts = stride(from: 0, to: max(rows.count, 1), by: Limits.cutOffsPerEntry)
            guard UInt64(roster.recoveries) + UInt64(starts.underestimatedCount) <= UInt64(UInt32.max) else {
                throw SyncError(.tooLarge, "The registry was recovered too often.")
            }
            // Who counts stands at the next number when the last element is taken: in 32 bits there may be none.
            recoveries = zip(starts, (UInt64(roster.recoveries) + 1)...).map { start, number in
                var recovery = Recovery()
                recovery.administrator = member.keys.schema
                recovery.number = UInt32(clamping: number)
                recovery.cutOffs = rows[start...].prefix(Limits.cutOffsPerEntry).map { row in
                    var cutOff = SiteCutOff()
                    cutOff.site = collected(row.feed.site.bytes)
                    cutOff.cutOff = CutOff(row)
                    return cutOff
                }
                return recovery
            }
            (self.draft, self.key, registry) = (draft, key, roster.registry)
        }

        /// The bytes of the entries, for the lane 0 of whoever keeps them.
        ///
        /// - Parameter sign: Makes the recovery key's signature over a statement.
        /// - Returns: At least one, to be recorded together.
        /// - Throws: What `sign` throws; `SyncError` with `.signature` when a signature does not hold: the paper is not of
        ///   this registry, or was mistyped.
        package func entries(_ sign: ([UInt8]) throws -> [UInt8]) throws -> [[UInt8]] {
            try recoveries.map { recovery in
                let statement = recovery.statement(in: registry)
                var body = RosterBody()
                body.recovery = recovery
                let signature = try sign(statement)
                guard key.isValidSignature(signature, for: statement) else {
                    throw SyncError(
                        .signature,
                        "This is not the recovery key of this registry. Compare what you typed with the paper, group by group."
                    )
                }
                body.recovery.signature = collected(signature)
                return draft.entry(body)
            }
        }
    }
}
