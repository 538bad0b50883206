package import LogFormat

extension Roster {
    /// An administrator was appointed with the key on paper. It counts in whosever lane 0 it stands, and however often.
    package struct HeldRecovery: Hashable, Sendable {
        /// The term it began.
        package let term: TermID
        /// From 1.
        package let number: UInt32
        /// What an entry says that says it again.
        let body: [UInt8]
        /// In whose lane 0 it is known to stand, ascending.
        package let sites: [SiteID]
    }
}

extension RosterDraft {
    /// Says a recovery again: whoever can not have it from its author, whose feeds somebody may have cut off, has it from
    /// who repeats it.
    ///
    /// - Returns: The bytes of the entry, for the lane 0 of who holds it.
    package func repeating(_ recovery: Roster.HeldRecovery) -> [UInt8] { entry(kind: Self.kind, recovery.body) }
}
