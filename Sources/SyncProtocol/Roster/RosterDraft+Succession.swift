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

    /// Appoints an administrator with the key on paper. Whoever holds the entry believes it, in whosever lane 0 it stands.
    package struct Appointment: Sendable {
        private let draft: RosterDraft
        private let recovery: Recovery
        private let key: SitePublicKey
        private let registry: RegistryID

        /// - Parameters:
        ///   - site: Who is to administer the registry: a member that is not revoked.
        ///   - cutOffs: The feeds of lane 0 of everybody who administered before, as they stand: nothing else of them
        ///     counts afterwards. The new administrator's own are not needed.
        ///   - draft: When and by which program.
        ///   - roster: As it stands.
        /// - Throws: `.notAllowed`, `.tooLarge`; `.illFormed` when `cutOffs` names anything else.
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
            try RosterDraft.check(cutOffs)
            guard roster.recoveries < UInt32.max else {
                throw SyncError(.tooLarge, "The registry was recovered too often.")
            }
            var recovery = Recovery()
            recovery.administrator = member.keys.schema
            recovery.number = roster.recoveries + 1
            recovery.cutOffs = cutOffs.sorted { $0.feed < $1.feed }.map { row in
                var cutOff = SiteCutOff()
                cutOff.site = collected(row.feed.site.bytes)
                cutOff.cutOff = CutOff(row)
                return cutOff
            }
            (self.draft, self.recovery, self.key, registry) = (draft, recovery, key, roster.registry)
        }

        /// What the recovery key signs.
        package var statement: [UInt8] { recovery.statement(in: registry) }

        /// The bytes of the entry.
        ///
        /// - Parameter signature: The recovery key's over ``statement``.
        /// - Returns: For the lane 0 of whoever keeps it.
        /// - Throws: `.signature` when it does not hold: the paper is not of this registry, or was mistyped.
        package func entry(signature: [UInt8]) throws(SyncError) -> [UInt8] {
            guard key.isValidSignature(signature, for: statement) else {
                throw SyncError(
                    .signature,
                    "This is not the recovery key of this registry. Compare what you typed with the paper, group by group."
                )
            }
            var body = RosterBody()
            body.recovery = recovery
            body.recovery.signature = collected(signature)
            return draft.entry(body)
        }
    }
}
