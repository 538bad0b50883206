import SyncProtocol

extension LinkReport {
    /// What the budget leaves, by what was last counted: on the first bytes of a new day or month too little. nil without a
    /// budget.
    var leftBytes: UInt64? {
        let rests = [(rules.budget.dayBytes, usage.dayBytes), (rules.budget.monthBytes, usage.monthBytes)]
        return rests.compactMap { limit, used in limit.map { $0 - min($0, used) } }.min()
    }
}
