import Schema

/// How many cases there are of each group.
package struct CaseCount: ReportCount {
    private let field: ReportField?
    private var groups: [String?: Int] = [:]

    package init(by field: ReportField?) { self.field = field }

    package mutating func add(_ reported: ReportedCase) { groups[reported.group(by: field), default: 0] += 1 }

    package var report: Report {
        let all = groups.values.reduce(0, +)
        var report = Report()
        report.rows = sortedGroups(groups.keys).map { group in
            Report.Row(group: group, values: [.init(.cases, .share(groups[group] ?? 0, of: all))])
        }
        return report
    }
}

/// Best responses, and responses out of the field by both definitions.
package struct ResponseCount: ReportCount {
    private struct Group {
        var best: [TumourResponse: Int] = [:]
        /// Cases in which something could be said out of a field, and in how many it was so.
        var (anyOf, any, sumOf, sum) = (0, 0, 0, 0)
    }

    private let field: ReportField?
    private let assessor: String?
    private var groups: [String?: Group] = [:]
    private var leftOut: [Report.Reason: Int] = [:]

    /// - Parameters:
    ///   - field: What tells groups apart; nil for all in one.
    ///   - assessor: Whose assessments count; nil where each case has one assessor.
    package init(by field: ReportField?, assessor: String?) {
        self.field = field
        self.assessor = assessor.map { TypedText.folded($0).lowercased() }
    }

    package mutating func add(_ reported: ReportedCase) {
        let book = LesionBook(reported.states, missing: reported.missing)
        func isMeant(_ name: String) -> Bool { assessor.map { TypedText.folded(name).lowercased() == $0 } ?? true }
        let series = book.series.filter { isMeant($0.assessor) && !$0.visits.isEmpty }
        let assessors = Set(series.map { TypedText.folded($0.assessor).lowercased() })
        guard let first = series.first else { return leaveOut(.noAssessment) }
        guard assessors.count == 1 else { return leaveOut(.severalAssessors) }
        // What is not here may be an assessment.
        let isComplete =
            reported.states.first { $0.id == reported.record }?.concerned(by: reported.missing).isEmpty ?? false
        guard isComplete, let best = first.best else { return leaveOut(.responseUnknown) }
        var group = groups[reported.group(by: field)] ?? Group()
        group.best[best.response, default: 0] += 1
        let visits = book.outOfField.filter { isMeant($0.assessor) }.flatMap(\.visits).filter { !$0.lesions.isEmpty }
        func count(_ verdict: (OutOfFieldResponse.Visit) -> Verdict) -> (of: Int, is: Int) {
            let decided = visits.map(verdict).filter { $0 != .unknown }
            return (decided.isEmpty ? 0 : 1, decided.contains(.pass) ? 1 : 0)
        }
        let (any, sum) = (count(\.anyLesion), count(\.sum))
        group.anyOf += any.of
        group.any += any.is
        group.sumOf += sum.of
        group.sum += sum.is
        groups[reported.group(by: field)] = group
    }

    private mutating func leaveOut(_ reason: Report.Reason) { leftOut[reason, default: 0] += 1 }

    package var report: Report {
        var report = Report()
        report.leftOut = leftOut
        report.rows = sortedGroups(groups.keys).map { name in
            let group = groups[name] ?? Group()
            func best(_ responses: TumourResponse...) -> Int { responses.reduce(0) { $0 + (group.best[$1] ?? 0) } }
            let all = group.best.values.reduce(0, +)
            let columns: [(Report.Column, TumourResponse)] = [
                (.complete, .complete), (.partial, .partial), (.stable, .stable), (.progressive, .progressive),
                (.other, .nonCompleteNonProgressive), (.notEvaluable, .notEvaluable),
            ]
            let evaluable = all - best(.notEvaluable)
            return Report.Row(
                group: name,
                values: [.init(.cases, .count(all))] + columns.map { .init($0, .count(best($1))) } + [
                    .init(.objective, .share(best(.complete, .partial), of: evaluable)),
                    .init(
                        .control,
                        .share(best(.complete, .partial, .stable, .nonCompleteNonProgressive), of: evaluable)
                    ),
                    .init(.outOfFieldAny, .share(group.any, of: group.anyOf)),
                    .init(.outOfFieldSum, .share(group.sum, of: group.sumOf)),
                ]
            )
        }
        return report
    }
}

/// Patients with an adverse event of a grade or more, among those who were treated: each patient once.
package struct ToxicityCount: ReportCount {
    private let field: ReportField?
    private let grade: UInt32
    private var treated: [String?: Int] = [:]
    private var affected: [String?: Int] = [:]
    private var leftOut: [Report.Reason: Int] = [:]

    /// - Parameters:
    ///   - field: What tells groups apart; nil for a row of each term, and one of any.
    ///   - grade: The least that counts.
    package init(by field: ReportField?, grade: UInt32) {
        self.field = field
        self.grade = grade
    }

    package mutating func add(_ reported: ReportedCase) {
        guard let isTreated = reported.isTreated else {
            leftOut[.notSettled, default: 0] += 1
            return
        }
        guard isTreated else {
            leftOut[.notTreated, default: 0] += 1
            return
        }
        let events = reported.states.filter { state in
            state.kind == .event && state.standing != .retracted
                && state.displayedBody(EventBody.self).body.hasAdverseEvent
        }
        guard events.allSatisfy(\.isSettled) else {
            leftOut[.notSettled, default: 0] += 1
            return
        }
        let terms = events.compactMap { state -> String? in
            let event = state.settledBody(EventBody.self).body.adverseEvent
            return event.grade >= grade ? TypedText.folded(event.term.words).lowercased() : nil
        }
        let group = reported.group(by: field)
        treated[group, default: 0] += 1
        if !terms.isEmpty { affected[group, default: 0] += 1 }
        if field == nil { for term in Set(terms) { affected[term, default: 0] += 1 } }
    }

    package var report: Report {
        var report = Report()
        report.leftOut = leftOut
        let names = field == nil ? Set(affected.keys).union([nil]) : Set(treated.keys)
        report.rows = sortedGroups(names).map { name in
            // Of a term, among all who were treated.
            let all = field == nil ? treated[nil] ?? 0 : treated[name] ?? 0
            return Report.Row(group: name, values: [.init(.affected, .share(affected[name] ?? 0, of: all))])
        }
        return report
    }
}

/// What a protocol says of all cases: the results, and each rule.
package struct ScreeningCount: ReportCount {
    private let trial: TrialProtocol
    private let isConfirmed: Bool
    private let day: CivilDay
    private var results: [Screening.Result: Int] = [:]
    private var rules: [String: [Screening.Outcome: Int]] = [:]

    package init(_ trial: TrialProtocol, isConfirmed: Bool, on day: CivilDay) {
        self.trial = trial
        self.isConfirmed = isConfirmed
        self.day = day
    }

    package mutating func add(_ reported: ReportedCase) {
        let facts = CaseFacts(reported.states, person: reported.person, on: day, missing: reported.missing)
        let screening = Screening(trial, of: facts, isConfirmed: isConfirmed)
        results[screening.result, default: 0] += 1
        for line in screening.lines { rules[line.rule.id, default: [:]][line.outcome, default: 0] += 1 }
    }

    package var report: Report {
        var report = Report()
        let all = results.values.reduce(0, +)
        report.rows = results.sorted { $0.key.rawValue < $1.key.rawValue }.map { result, count in
            Report.Row(group: result.rawValue, values: [.init(.cases, .share(count, of: all))])
        }
        report.rows += trial.rules.map { rule in
            let outcomes = rules[rule.id] ?? [:]
            return Report.Row(
                group: rule.id,
                values: [
                    .init(.passed, .count(outcomes[.pass] ?? 0)), .init(.failed, .count(outcomes[.fail] ?? 0)),
                    .init(.unknown, .count(outcomes[.unknown] ?? 0)),
                    .init(.notApplicable, .count(outcomes[.notApplicable] ?? 0)),
                ]
            )
        }
        return report
    }
}

/// Survival from the diagnosis, or from the first treatment; who is alive counts until the last contact, never until today.
package struct SurvivalCount: ReportCount {
    package enum Start: String, Hashable, Sendable, CaseIterable {
        case diagnosis, treatment
    }

    private let field: ReportField?
    private let start: Start
    private var groups: [String?: [KaplanMeier.Subject]] = [:]
    private var leftOut: [Report.Reason: Int] = [:]

    package init(by field: ReportField?, from start: Start) {
        self.field = field
        self.start = start
    }

    package mutating func add(_ reported: ReportedCase) {
        let began = start == .diagnosis ? reported.diagnosed?.day : reported.daysOfTreatment.first
        guard let began else { return leaveOut(.noStart) }
        guard reported.isLifeSettled else { return leaveOut(.notSettled) }
        let isEvent = reported.died != nil
        guard let ended = isEvent ? reported.died?.day : reported.lastContact else { return leaveOut(.noContact) }
        let days = began.days(to: ended)
        guard days >= 0 else { return leaveOut(.datesContradict) }
        groups[reported.group(by: field), default: []].append(.init(days: DecimalNumber(days), isEvent: isEvent))
    }

    private mutating func leaveOut(_ reason: Report.Reason) { leftOut[reason, default: 0] += 1 }

    /// The curve of each group.
    package var curves: [(group: String?, curve: KaplanMeier)] {
        sortedGroups(groups.keys).map { ($0, KaplanMeier(groups[$0] ?? [])) }
    }

    package var report: Report {
        var report = Report()
        report.leftOut = leftOut
        report.rows = curves.map { group, curve in
            Report.Row(
                group: group,
                values: [
                    .init(.cases, .count(curve.subjects)), .init(.events, .count(curve.events)),
                    .init(.medianDays, .days(curve.medianDays)), .init(.medianLowerDays, .days(curve.medianLowerDays)),
                    .init(.medianUpperDays, .days(curve.medianUpperDays)),
                ]
            )
        }
        return report
    }
}

/// All first, then by name.
private func sortedGroups(_ groups: some Sequence<String?>) -> [String?] {
    groups.sorted { left, right in
        guard let left, let right else { return left == nil && right != nil }
        return left < right
    }
}
