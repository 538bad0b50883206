package import LogFormat
import Schema

/// When another site was last heard from, as an input: this module has no clock.
package struct SiteAge: Hashable, Sendable {
    package var site: SiteID
    /// nil: never heard from.
    package var heardSecondsAgo: UInt64?

    package init(site: SiteID, heardSecondsAgo: UInt64?) {
        self.site = site
        self.heardSecondsAgo = heardSecondsAgo
    }
}

/// One case as `today` sees it.
package struct CaseSnapshot: Sendable {
    package var caseRecord: RecordID
    /// Every record of the case, the case itself among them.
    package var records: [RecordState]
    /// The other sites that treat the case: those that wrote something in it.
    package var otherSites: [SiteAge]
    /// What is known to be missing here, of whatever case.
    package var missing: [MissingEntries]

    package init(
        caseRecord: RecordID,
        records: [RecordState],
        otherSites: [SiteAge],
        missing: [MissingEntries] = []
    ) {
        self.caseRecord = caseRecord
        self.records = records
        self.otherSites = otherSites
        self.missing = missing
    }
}

/// A line of `today`: something that needs a person.
package struct TodayLine: Hashable, Sendable {
    /// In the order they are listed.
    package enum Kind: Int, Hashable, Sendable, CaseIterable {
        case seriousEvent, suggestion, conflict, pending, overdueFraction, overdueDose, dueFraction, dueDose, held
        case upcomingDose
        case finding

        /// Whether it goes by what is known of the treatment here, and by that alone.
        fileprivate var isDue: Bool {
            switch self {
            case .overdueFraction, .overdueDose, .dueFraction, .dueDose, .upcomingDose: true
            case .seriousEvent, .suggestion, .conflict, .pending, .held, .finding: false
            }
        }
    }

    package var kind: Kind
    package var caseRecord: RecordID
    package var record: RecordID
    /// `fraction 12 of 30`, `pneumonitis, grade 3`, the field in conflict, the finding's sentence.
    package var subject: String
    /// Days overdue, for what is overdue; days until then, for what is upcoming.
    package var days: Int64?
    /// The finding, for a finding.
    package var finding: Finding?
    /// What a rule set suggests, for a suggestion.
    package var suggestion: DrugRuleSet.Finding?
    /// What the line rests on: each other treating site with its age, ascending.
    package var restsOn: [SiteAge]
    /// Sites not heard from for longer than the threshold: the line reads "due, confirm with SITE". Ascending.
    package var confirmWith: [SiteID]
    /// Sites a pending change waits for, ascending.
    package var waitingFor: [SiteID]
    /// True where days were counted by weekdays, because the course has no calendar of holidays that knows them.
    package var isProvisional: Bool
}

/// Computes what needs a person on a day. Nothing of it is stored.
package enum Today {
    /// - Parameters:
    ///   - cases: as they are here.
    ///   - day: the calendar day at the site.
    ///   - staleAfterSeconds: how long another treating site may be silent before due lines say so; 24 hours.
    ///   - aheadDays: what becomes due within so many days is listed as upcoming.
    ///   - ruleSets: those that were approved at the site; what they suggest is listed until somebody has decided so.
    ///   - exists: whether a record is here, for links.
    /// - Returns: by kind, then case, then record: the same list from the same input.
    /// - Complexity: O(records + fractions²) a case.
    package static func lines(
        for cases: [CaseSnapshot],
        on day: CivilDay,
        staleAfterSeconds: UInt64 = 86_400,
        aheadDays: Int64 = 0,
        ruleSets: [DrugRuleSet] = [],
        exists: (RecordID) -> Bool
    ) -> [TodayLine] {
        cases.flatMap { snapshot in
            lines(
                for: snapshot,
                on: day,
                staleAfterSeconds: staleAfterSeconds,
                aheadDays: aheadDays,
                ruleSets: ruleSets,
                exists: exists
            )
        }
        .sorted { left, right in
            (left.kind.rawValue, left.caseRecord, left.record, left.subject)
                < (right.kind.rawValue, right.caseRecord, right.record, right.subject)
        }
    }

    /// Whether something becomes due in a case as days pass, without another entry.
    package static func mayBecomeDue(_ records: [RecordState]) -> Bool {
        records.contains { state in
            guard state.kind == .order, state.standing != .retracted else { return false }
            let order = state.displayedBody(OrderBody.self).body
            guard order.isOpen else { return false }
            // A rule set that is approved later may suggest something about it.
            if order.form == .drug, DrugRuleSet.mayConcern(records) { return true }
            return OrderBook(state, order, given: records, missing: []).mayBecomeDue
        }
    }

    private static func lines(
        for snapshot: CaseSnapshot,
        on day: CivilDay,
        staleAfterSeconds: UInt64,
        aheadDays: Int64,
        ruleSets: [DrugRuleSet],
        exists: (RecordID) -> Bool
    ) -> [TodayLine] {
        let ages = snapshot.otherSites.sorted { $0.site < $1.site }
        let stale = ages.filter { ($0.heardSecondsAgo ?? .max) > staleAfterSeconds }.map(\.site)
        var lines: [TodayLine] = []
        func add(
            _ kind: TodayLine.Kind,
            _ record: RecordID,
            _ subject: String,
            days: Int64? = nil,
            finding: Finding? = nil,
            suggestion: DrugRuleSet.Finding? = nil,
            waitingFor: [SiteID] = [],
            isProvisional: Bool = false
        ) {
            lines.append(
                TodayLine(
                    kind: kind,
                    caseRecord: snapshot.caseRecord,
                    record: record,
                    subject: subject,
                    days: days,
                    finding: finding,
                    suggestion: suggestion,
                    restsOn: ages,
                    confirmWith: kind.isDue ? stale : [],
                    waitingFor: waitingFor,
                    isProvisional: isProvisional
                )
            )
        }
        let isDeceased = snapshot.records.contains(where: isDeceased)
        let lesionFindings = Dictionary(
            grouping: LesionRules.findings(in: LesionBook(snapshot.records, missing: snapshot.missing)),
            by: \.record
        )
        if !isDeceased {
            for suggestion in ruleSets.flatMap({ $0.findings(in: snapshot.records) }) {
                add(.suggestion, suggestion.order, "\(suggestion.drug): \(suggestion.words)", suggestion: suggestion)
            }
        }
        let isVitalStatusWaiting = snapshot.records.contains(where: isVitalStatusWaiting)
        for state in snapshot.records {
            if EventRules.isSeriousAndUnresolved(state) { add(.seriousEvent, state.id, words(state)) }
            for field in state.fieldsInConflict {
                add(.conflict, state.id, Registry.fieldName(field.field, of: state.kind))
            }
            if state.standing == .disputed { add(.conflict, state.id, "retracted at one place, amended at another") }
            if !state.pending.isEmpty {
                let sites = Set(state.pending.flatMap(\.missing).map(\.feed.site)).sorted()
                add(.pending, state.id, String(describing: state.kind), waitingFor: sites)
            }
            guard state.standing != .retracted else { continue }
            var findings =
                RecordFindings.findings(of: state, exists: exists) + EventRules.findings(of: state)
                + ResultRules.findings(of: state) + StageRules.findings(of: state) + (lesionFindings[state.id] ?? [])
            if state.kind == .order {
                let order = state.displayedBody(OrderBody.self).body
                let book = OrderBook(state, order, given: snapshot.records, missing: snapshot.missing)
                findings += book.findings
                if isDeceased {
                    findings += openOrderOfDeceased(state, order)
                } else if !isVitalStatusWaiting {
                    if let held = heldWords(order) { add(.held, state.id, held) }
                    if let due = book.due(order, state, on: day, aheadDays: aheadDays) {
                        add(due.kind, state.id, due.subject, days: due.days, isProvisional: due.isProvisional)
                    }
                }
            }
            for finding in findings.sorted() { add(.finding, finding.record, finding.message, finding: finding) }
        }
        return lines
    }

    private static func isDeceased(_ state: RecordState) -> Bool {
        guard state.kind == .case else { return false }
        let status = state.displayedBody(CaseBody.self).body.vitalStatus.value
        return Vocabulary.term(status, as: Vocabulary.VitalStatus.self) == .deceased
    }

    /// Whether a change of the vital status is here whose predecessor has not come yet: rules know nothing of it.
    private static func isVitalStatusWaiting(_ state: RecordState) -> Bool {
        state.kind == .case
            && state.fields.contains {
                Registry.fieldName($0.field, of: .case) == "vital_status" && $0.isPending
            }
    }

    /// `thorax, since 2026-03-02: pneumonitis, grade 2`; nil for an order that is not held.
    private static func heldWords(_ order: OrderBody) -> String? {
        guard Vocabulary.term(order.state.value, as: Vocabulary.OrderState.self) == .held else { return nil }
        let since = PartialDate(ifReadable: order.state.since).map { ", since \($0)" } ?? ""
        let reason = order.state.hasReason ? ": \(order.state.reason.value)" : ""
        return order.name + since + reason
    }

    private static func openOrderOfDeceased(_ state: RecordState, _ order: OrderBody) -> [Finding] {
        guard order.isOpen else { return [] }
        return [
            Finding(
                record: state.id,
                kind: .order,
                field: "state",
                value: order.state.value.words,
                rule: "order.of-deceased",
                message: "The order is open, and the patient is recorded as deceased.",
                remedy: "Stop the order, or correct the vital status."
            )
        ]
    }

    private static func words(_ state: RecordState) -> String {
        let event = state.displayedBody(EventBody.self).body.adverseEvent
        return event.term.words + (event.hasGrade ? ", grade \(event.grade)" : "")
    }
}

/// What was ordered, with what was given of it, of either form.
private enum OrderBook {
    case course(FractionBook, Course)
    case drug(DoseBook, DrugOrder)
    /// Of a newer version.
    case other

    init(_ state: RecordState, _ order: OrderBody, given: [RecordState], missing: [MissingEntries]) {
        switch order.form {
        case .course: self = .course(FractionBook(course: state, given: given, missing: missing), order.course)
        case .drug: self = .drug(DoseBook(order: state, given: given, missing: missing), order.drug)
        case nil: self = .other
        }
    }

    var findings: [Finding] {
        switch self {
        case .course(let book, let course): CourseRules.findings(of: course, record: book.course) + book.findings
        case .drug(let book, let drug): DrugRules.findings(of: drug, record: book.given.order) + book.findings
        case .other: []
        }
    }

    /// Whether it becomes due by the days alone, once it is not held.
    var mayBecomeDue: Bool {
        switch self {
        case .course(let book, _): book.nextNumber != nil
        case .drug(let book, _): book.nextCycle != nil && book.nextDay != nil
        case .other: false
        }
    }

    /// What is due on a day, or soon; nil when nothing is.
    func due(
        _ order: OrderBody,
        _ state: RecordState,
        on day: CivilDay,
        aheadDays: Int64
    ) -> (kind: TodayLine.Kind, subject: String, days: Int64?, isProvisional: Bool)? {
        switch self {
        case .course(let book, _):
            return FractionDue(book, order: order, state: state, on: day).map { due in
                (due.isOverdue ? .overdueFraction : .dueFraction, due.subject, due.daysOverdue, due.isProvisional)
            }
        case .drug(let book, _):
            guard let due = DoseDue(book, order: order, state: state, on: day) else { return nil }
            switch due.standing {
            case .due: return (.dueDose, due.subject, nil, false)
            case .overdue(let days): return (.overdueDose, due.subject, days, false)
            case .upcoming(let days): return days <= aheadDays ? (.upcomingDose, due.subject, days, false) : nil
            }
        case .other: return nil
        }
    }
}
