/// Numbers over many cases: each share with its numerator and denominator, and who was left out and why.
package struct Report: Sendable {
    package enum Value: Hashable, Sendable {
        case count(Int)
        case share(Int, of: Int)
        /// nil: not reached, or nobody knows.
        case days(DecimalNumber?)
    }

    /// What a column counts; the raw value is its stable name.
    package enum Column: String, Hashable, Sendable, CaseIterable {
        case cases
        case complete = "cr"
        case partial = "pr"
        case stable = "sd"
        case progressive = "pd"
        case other = "non_cr_non_pd"
        case notEvaluable = "ne"
        case objective = "objective_response"
        case control = "disease_control"
        case outOfFieldAny = "out_of_field_any_lesion"
        case outOfFieldSum = "out_of_field_sum"
        case affected
        case passed, failed, unknown
        case notApplicable = "not_applicable"
        case events
        case medianDays = "median_days"
        case medianLowerDays = "median_lower_days"
        case medianUpperDays = "median_upper_days"
    }

    package struct Row: Hashable, Sendable {
        /// nil: of all.
        package var group: String?
        package var values: [Cell]
    }

    package struct Cell: Hashable, Sendable {
        package var column: Column
        package var value: Value

        init(_ column: Column, _ value: Value) {
            self.column = column
            self.value = value
        }
    }

    /// Why a case is in no numerator and no denominator.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case noAssessment = "no_assessment"
        case severalAssessors = "several_assessors"
        case responseUnknown = "response_unknown"
        case notTreated = "not_treated"
        case noStart = "no_start"
        case noContact = "no_contact"
        case notSettled = "not_settled"
        case datesContradict = "dates_contradict"
    }

    package var rows: [Row] = []
    package var leftOut: [Reason: Int] = [:]
}

/// A fact of a case by which others are told apart.
package enum ReportField: String, Hashable, Sendable, CaseIterable {
    case sex, histology, stage, smoking
    case treatmentStatus = "treatment-status"
    case trialStatus = "trial-status"
    case vitalStatus = "vital-status"
    case drug

    /// A group nobody stated anything for, and one whose value is in conflict or waits: never guessed.
    package static let notStated = "not stated"
    package static let notSettled = "not settled"
}

/// One case with everything a report asks.
package struct ReportedCase: Sendable {
    package let record: RecordID
    package let states: [RecordState]
    package let person: RecordState?
    package let missing: [MissingEntries]

    package init(
        _ record: RecordID,
        _ states: [RecordState],
        person: RecordState?,
        missing: [MissingEntries] = []
    ) {
        self.record = record
        self.states = states
        self.person = person
        self.missing = missing
    }
}

/// What is counted, case after case.
package protocol ReportCount {
    mutating func add(_ reported: ReportedCase)
    /// So far.
    var report: Report { get }
}
