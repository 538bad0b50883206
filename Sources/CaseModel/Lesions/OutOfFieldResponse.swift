import Schema

/// Whether lesions that no course had reached became smaller after one course began, as one assessor saw them.
///
/// This is compatible with an abscopal effect and shows none: every systemic drug of the time is named beside it. Both
/// definitions stand together, for the definition alone halves the rate. treatment-facts.md, sources 001 and 003.
package struct OutOfFieldResponse: Sendable {
    /// What one later assessment comes to.
    package struct Visit: Sendable {
        package var record: RecordID
        package var date: PartialDate?
        /// Lesions that no course had reached until then, and that were measurable at the baseline: the denominator.
        package var lesions: [RecordID]
        /// Of these, those that shrank by 30 % or disappeared.
        package var regressed: [RecordID]
        /// At least one of them did.
        package var anyLesion: Verdict
        /// The sum of them shrank by 30 %.
        package var sum: Verdict
        /// Why it is unknown, or that a new lesion excludes it; nil where the measurements decided.
        package var why: Reason?
    }

    /// Why measurements do not decide.
    package enum Reason: String, Hashable, Sendable {
        case notSettled = "not settled"
        case noBaseline = "no baseline before the course"
        case unknownExposure = "exposure not stated"
        case notMeasured = "not measured"
        case newLesion = "a new lesion out of the field"
        case noLesion = "no measurable lesion out of the field"
    }

    /// A systemic drug that was given in the time.
    package struct Drug: Hashable, Sendable {
        package var order: RecordID
        package var name: String
        package var first: CivilDay
        package var last: CivilDay
        /// Its first dose came after the baseline: it may be what made lesions smaller.
        package var isNew: Bool
    }

    /// So many days before the baseline a drug is named that was given.
    package static let drugDays: Int64 = 90
    /// Of what a lesion measured, a regression leaves so many tenths at most.
    private static let tenthsLeft: Int64 = 7

    package let course: RecordID
    package let assessor: String
    /// The last assessment on or before the day of the first fraction; nil without one.
    package let baseline: RecordID?
    /// Later ones, the first one first.
    package let visits: [Visit]
    /// By first dose.
    package let drugs: [Drug]

    /// The first assessment with a regression of any lesion.
    package var first: Visit? { visits.first { $0.anyLesion == .pass } }

    /// - Parameters:
    ///   - course: Of which something was delivered.
    ///   - began: The day of its first fraction.
    ///   - readings: Of one assessor, the first one first.
    ///   - book: Of the case.
    ///   - doses: Of its drugs, with their names.
    init(
        _ course: RecordID,
        began: CivilDay,
        _ readings: [LesionReading],
        in book: LesionBook,
        doses: [(name: String, book: DoseBook)]
    ) {
        self.course = course
        assessor = readings.first?.assessor ?? ""
        // A date that is no day is neither before nor after.
        let before = readings.last { $0.date?.interval.latest.map { $0 <= began } == true }
        let later = readings.filter { $0.date?.interval.earliest.map { $0 > began } == true }
        baseline = before?.record
        let upTo = readings.filter { reading in before.map { reading.isUpTo($0) } ?? false }
        let known = Set(upTo.flatMap(\.measurements).map(\.lesion))
        visits = later.map { Self.judge($0, against: before, known: known, in: book) }
        guard let from = before?.date?.day, let until = later.last?.date?.interval.latest else {
            drugs = []
            return
        }
        drugs = doses.compactMap { name, doses in
            let days = doses.lines.filter(\.isDelivered).compactMap { $0.date?.day }.sorted()
            guard let first = days.first,
                let last = days.last(where: { $0 <= until && from.days(to: $0) >= -Self.drugDays })
            else { return nil }
            return Drug(order: doses.given.order, name: name, first: first, last: last, isNew: first > from)
        }
        .sorted { ($0.first, $0.order) < ($1.first, $1.order) }
    }

    /// `known`: the lesions that were seen up to the baseline.
    private static func judge(
        _ reading: LesionReading,
        against baseline: LesionReading?,
        known: Set<RecordID>,
        in book: LesionBook
    ) -> Visit {
        var visit = Visit(
            record: reading.record,
            date: reading.date,
            lesions: [],
            regressed: [],
            anyLesion: .unknown,
            sum: .unknown
        )
        func undecided(_ why: Reason) -> Visit {
            visit.why = why
            return visit
        }
        guard let baseline else { return undecided(.noBaseline) }
        guard baseline.isSettled, reading.isSettled, let day = reading.date?.interval.latest else {
            return undecided(.notSettled)
        }
        // What a lesion measured then and measures now; nil now: nobody measured it.
        var sizes: [(lesion: RecordID, then: DecimalNumber, now: DecimalNumber?)] = []
        var unknown: [(then: DecimalNumber, now: DecimalNumber?)] = []
        for former in baseline.measurements {
            guard let then = former.millimetres, book.isMeasurable(former) else { continue }
            let measured = reading.measurement(of: former.lesion)
            let now = measured.flatMap { $0.sight == .absent ? DecimalNumber(0) : $0.millimetres }
            switch book.exposures.standing(of: former.lesion, on: day) {
            case .unexposed: sizes.append((former.lesion, then, now))
            case .unknown: unknown.append((then, now))
            case .exposed: break
            }
        }
        visit.lesions = sizes.map(\.lesion)
        visit.regressed = sizes.filter { isRegression(from: $0.then, to: $0.now) == true }.map(\.lesion)
        guard !sizes.isEmpty || !unknown.isEmpty else { return undecided(.noLesion) }
        // A new lesion out of the field is the contrary of a response out of it.
        let new = reading.measurements.filter { measurement in
            guard measurement.role == .new || !known.contains(measurement.lesion) else { return false }
            guard measurement.sight != .absent, measurement.sight != .notEvaluated else { return false }
            if case .exposed = book.exposures.standing(of: measurement.lesion, on: day) { return false }
            return true
        }
        if !new.isEmpty {
            (visit.anyLesion, visit.sum) = (.fail, .fail)
            return undecided(.newLesion)
        }
        let isOpen = sizes.contains { $0.now == nil }
        let mayHaveRegressed = unknown.contains { isRegression(from: $0.then, to: $0.now) != false }
        if !visit.regressed.isEmpty {
            visit.anyLesion = .pass
        } else if !isOpen, !mayHaveRegressed {
            visit.anyLesion = .fail
        }
        if !isOpen, unknown.isEmpty { visit.sum = sum(sizes.map { ($0.then, $0.now ?? $0.then) }) }
        if visit.anyLesion == .unknown || visit.sum == .unknown {
            visit.why = unknown.isEmpty ? .notMeasured : .unknownExposure
        }
        return visit
    }

    /// nil where nobody measured.
    private static func isRegression(from then: DecimalNumber, to now: DecimalNumber?) -> Bool? {
        guard let now else { return nil }
        return sum([(then, now)]) == .pass
    }

    private static func sum(_ sizes: [(then: DecimalNumber, now: DecimalNumber)]) -> Verdict {
        do throws(RecordError) {
            var (then, now) = (ExactRatio.zero, ExactRatio.zero)
            for size in sizes {
                then = try then + ExactRatio(size.then)
                now = try now + ExactRatio(size.now)
            }
            return try (now * ExactRatio(10)).compare(to: then * ExactRatio(tenthsLeft)) <= 0 ? .pass : .fail
        } catch {
            // More digits than arithmetic has.
            return .unknown
        }
    }
}
