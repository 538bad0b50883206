import Schema

/// What was measured of one lesion in one assessment.
package struct LesionMeasurement: Hashable, Sendable {
    package var record: RecordID
    package var lesion: RecordID
    /// nil: as at baseline.
    package var role: LesionAssessment.Role?
    /// As it was entered; nil where words say what was seen.
    package var size: Measure?
    package var sight: Vocabulary.LesionSight
    package var isSettled: Bool

    /// nil for another result, and what was retracted.
    init?(_ state: RecordState) {
        guard state.kind == .result, state.standing != .retracted,
            let lesion = state.displayedLink(LinkField.resultSubject)
        else { return nil }
        let shown = state.displayedBody(ResultBody.self)
        let body = shown.body
        guard body.analyte == Vocabulary.lesionSize else { return nil }
        record = state.id
        self.lesion = lesion
        role = Vocabulary.term(body.role)
        sight = Vocabulary.term(body.value.coded) ?? .notEvaluated
        isSettled = state.isSettled && shown.unreadableFields.isEmpty
        guard body.value.hasQuantity else { return }
        sight = .present
        do throws(RecordError) {
            size = try Measure(body.value.quantity)
        } catch {
            isSettled = false
        }
    }

    /// What it adds to a sum of diameters; nil for what is no exact length.
    var millimetres: DecimalNumber? {
        if sight == .tooSmall { return Self.tooSmall }
        guard let size, size.comparator == .equal else { return nil }
        switch size.unit {
        case .millimetre?: return size.value
        case .centimetre?: return DecimalNumber(coefficient: size.value.coefficient, exponent: size.value.exponent + 1)
        default: return nil
        }
    }

    /// What is too small to measure. Eisenhauer, Eur J Cancer 2009; 45:228.
    private static let tooSmall = DecimalNumber(5)

    /// As the criteria take it.
    func assessment(_ role: LesionAssessment.Role, isNodal: Bool) -> LesionAssessment {
        let state: LesionAssessment.State =
            switch sight {
            case .present, .tooSmall: .present
            case .absent: .absent
            case .progression: .progression
            case .notEvaluated: .notEvaluated
            }
        return LesionAssessment(
            lesion: String(describing: lesion),
            role: role,
            isNodal: isNodal,
            diameterMillimetres: millimetres,
            state: state
        )
    }
}

/// One look at the lesions of a case: when, how and by whom, and what was measured.
package struct LesionReading: Hashable, Sendable {
    package var record: RecordID
    package var date: PartialDate?
    package var method: String
    /// As written; empty where nobody said.
    package var assessor: String
    /// What later ones are compared with.
    package var isBaseline: Bool
    /// The overall response as it was reported; empty when none was.
    package var reported: String
    /// One for each lesion, ascending.
    package var measurements: [LesionMeasurement]
    /// Whether all of it may be used: nothing is in conflict, pending or said twice.
    package var isSettled: Bool

    /// nil for another kind, and what was retracted.
    init?(_ state: RecordState, _ measurements: [LesionMeasurement]) {
        guard state.kind == .assessment, state.standing != .retracted else { return nil }
        let shown = state.displayedBody(AssessmentBody.self)
        let reading = shown.body.reading
        record = state.id
        method = reading.method.words
        assessor = reading.assessor
        isBaseline = reading.isBaseline
        reported = shown.body.reported.words
        date = reading.hasDate ? PartialDate(ifReadable: reading.date) : nil
        self.measurements = measurements.sorted { ($0.lesion, $0.record) < ($1.lesion, $1.record) }
        isSettled =
            state.isSettled && shown.unreadableFields.isEmpty && measurements.allSatisfy(\.isSettled)
            && Set(measurements.map(\.lesion)).count == measurements.count && date?.interval.earliest != nil
    }

    /// What was measured of a lesion.
    package func measurement(of lesion: RecordID) -> LesionMeasurement? {
        measurements.first { $0.lesion == lesion }
    }

    /// Whether it came no later than another one.
    func isUpTo(_ other: LesionReading) -> Bool {
        guard let day = date?.interval.latest, let last = other.date?.interval.latest else {
            return record == other.record
        }
        return day <= last
    }

    /// Whose readings belong together, however the name was typed.
    var assessorKey: String { TypedText.folded(assessor).lowercased() }
}
