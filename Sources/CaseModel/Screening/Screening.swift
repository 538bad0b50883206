import Schema

/// What the rules of a protocol say of a case on a day. Unknown never passes.
package struct Screening: Sendable {
    package enum Outcome: String, Hashable, Sendable {
        case pass, fail, unknown
        case notApplicable = "not applicable"
    }

    package struct Line: Hashable, Sendable {
        package var rule: TrialProtocol.Rule
        package var outcome: Outcome
        /// What decided it, in words: the value, or what is missing.
        package var because: String
        /// The records it rests on, ascending.
        package var records: [RecordID]
        /// Something to be seen although it decides nothing.
        package var note: String?
    }

    /// What all rules together come to.
    package enum Result: String, Hashable, Sendable {
        case eligible
        /// The same while nobody at the site has confirmed the protocol.
        case noRuleFailed = "no rule failed"
        case undecided
        case notEligible = "not eligible"
    }

    package let lines: [Line]
    package let isConfirmed: Bool
    /// Whether everything is here that may concern the case; else nothing but *not eligible* can be said.
    package let isWhole: Bool

    /// - Parameters:
    ///   - trial: The protocol.
    ///   - facts: Of the case.
    ///   - isConfirmed: Whether a named person at the site approved this version.
    package init(_ trial: TrialProtocol, of facts: CaseFacts, isConfirmed: Bool) {
        self.isConfirmed = isConfirmed
        isWhole = facts.isWhole
        var lines: [Line] = []
        for rule in trial.rules {
            let judged = facts.judge(rule.form, before: lines)
            lines.append(
                Line(
                    rule: rule,
                    outcome: judged.outcome,
                    because: judged.because,
                    records: Set(judged.records).sorted(),
                    note: judged.note
                )
            )
        }
        self.lines = lines
    }

    /// Inclusion and exclusion decide; what a rule of the treatment says stands beside.
    package var result: Result {
        let deciding = lines.filter { $0.rule.group != .treatment }.map(\.outcome)
        if deciding.contains(.fail) { return .notEligible }
        if deciding.contains(.unknown) || !isWhole { return .undecided }
        return isConfirmed ? .eligible : .noRuleFailed
    }

    /// Ids of the ambiguities whose default decided a rule that is not unknown, in the order of the protocol.
    package func ambiguities(of trial: TrialProtocol) -> [TrialProtocol.Ambiguity] {
        let used = Set(lines.filter { $0.outcome != .unknown }.flatMap(\.rule.ambiguities))
        return trial.ambiguities.filter { used.contains($0.id) }
    }
}
