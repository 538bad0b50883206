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
        case seriousEvent, conflict, pending, overdueFraction, dueFraction, finding
    }

    package var kind: Kind
    package var caseRecord: RecordID
    package var record: RecordID
    /// `fraction 12 of 30`, `pneumonitis, grade 3`, the field in conflict, the finding's sentence.
    package var subject: String
    /// Days overdue, for an overdue fraction.
    package var days: Int64?
    /// The finding, for a finding.
    package var finding: Finding?
    /// What the line rests on: each other treating site with its age, ascending.
    package var restsOn: [SiteAge]
    /// Sites not heard from for longer than the threshold: the line reads "due, confirm with SITE". Ascending.
    package var confirmWith: [SiteID]
    /// Sites a pending change waits for, ascending.
    package var waitingFor: [SiteID]
    /// True where a day was counted by weekdays, because no calendar of holidays is loaded.
    package var isProvisional: Bool
}

/// Computes what needs a person on a day. Nothing of it is stored.
package enum Today {
    /// - Parameters:
    ///   - cases: as they are here.
    ///   - day: the calendar day at the site.
    ///   - staleAfterSeconds: how long another treating site may be silent before due lines say so; 24 hours.
    ///   - exists: whether a record is here, for links.
    /// - Returns: by kind, then case, then record: the same list from the same input.
    /// - Complexity: O(records + fractions²) a case.
    package static func lines(
        for cases: [CaseSnapshot],
        on day: CivilDay,
        staleAfterSeconds: UInt64 = 86_400,
        exists: (RecordID) -> Bool
    ) -> [TodayLine] {
        cases.flatMap { snapshot in
            lines(for: snapshot, on: day, staleAfterSeconds: staleAfterSeconds, exists: exists)
        }
        .sorted { left, right in
            (left.kind.rawValue, left.caseRecord, left.record, left.subject)
                < (right.kind.rawValue, right.caseRecord, right.record, right.subject)
        }
    }

    private static func lines(
        for snapshot: CaseSnapshot,
        on day: CivilDay,
        staleAfterSeconds: UInt64,
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
            waitingFor: [SiteID] = []
        ) {
            let isDue = kind == .dueFraction || kind == .overdueFraction
            lines.append(
                TodayLine(
                    kind: kind,
                    caseRecord: snapshot.caseRecord,
                    record: record,
                    subject: subject,
                    days: days,
                    finding: finding,
                    restsOn: ages,
                    confirmWith: isDue ? stale : [],
                    waitingFor: waitingFor,
                    isProvisional: isDue
                )
            )
        }
        let isDeceased = snapshot.records.contains(where: isDeceased)
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
                + ResultRules.findings(of: state)
            let order = state.kind == .order ? state.displayedBody(OrderBody.self).body : OrderBody()
            if order.hasCourse {
                findings += CourseRules.findings(of: order.course, record: state.id)
                let book = FractionBook(course: state, given: snapshot.records, missing: snapshot.missing)
                findings += book.findings
                if isDeceased {
                    findings += openOrderOfDeceased(state, order)
                } else if !isVitalStatusWaiting,
                    let due = FractionDue(book, order: order, state: state, on: day)
                {
                    add(due.isOverdue ? .overdueFraction : .dueFraction, state.id, due.subject, days: due.daysOverdue)
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

    private static func openOrderOfDeceased(_ state: RecordState, _ order: OrderBody) -> [Finding] {
        switch Vocabulary.term(order.state.value, as: Vocabulary.OrderState.self) {
        case .completed, .stopped: []
        case .active, .held, .resumed, nil:
            [
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
    }

    private static func words(_ state: RecordState) -> String {
        let event = state.displayedBody(EventBody.self).body.adverseEvent
        return event.term.words + (event.hasGrade ? ", grade \(event.grade)" : "")
    }
}
