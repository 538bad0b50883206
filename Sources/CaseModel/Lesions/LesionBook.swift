import Schema

/// The lesions of one case, every look at them, and by which courses they were exposed.
package struct LesionBook: Sendable {
    /// By number, then record.
    package let lesions: [Lesion]
    /// By date, then record; what has no date comes last.
    package let readings: [LesionReading]
    package let exposures: ExposureBook
    private let states: [RecordState]
    private let missing: [MissingEntries]
    private let nodal: Set<RecordID>

    /// - Parameters:
    ///   - states: Every record of the case.
    ///   - missing: What is known to be missing here.
    package init(_ states: [RecordState], missing: [MissingEntries] = []) {
        lesions = states.compactMap(Lesion.init).sorted {
            ($0.number ?? .max, $0.record) < ($1.number ?? .max, $1.record)
        }
        nodal = Set(lesions.filter(\.body.nodal).map(\.record))
        let certain = Set(lesions.filter(\.isSettled).map(\.record))
        let retracted = Set(states.filter { $0.kind == .lesion && $0.standing == .retracted }.map(\.id))
        var measured: [RecordID: [LesionMeasurement]] = [:]
        for state in states {
            guard var measurement = LesionMeasurement(state), !retracted.contains(measurement.lesion),
                let assessment = state.displayedLink(LinkField.resultAssessment)
            else { continue }
            // Whether it is a node decides what was measured, and a lesion that has not come may be one.
            measurement.isSettled = measurement.isSettled && certain.contains(measurement.lesion)
            measured[assessment, default: []].append(measurement)
        }
        readings = states.compactMap { LesionReading($0, measured[$0.id] ?? []) }.sorted(by: Self.comesFirst)
        // Without a lesion there is nothing to be exposed, and most cases have none.
        exposures = ExposureBook(lesions.isEmpty ? [] : states)
        self.states = states
        self.missing = missing
    }

    package func lesion(_ record: RecordID) -> Lesion? { lesions.first { $0.record == record } }

    /// The next number that no lesion of the case has here.
    package var nextNumber: UInt32 { (lesions.compactMap(\.number).max() ?? 0) + 1 }

    /// Whether an assessor has one to compare with, however the name is typed.
    package func hasBaseline(of assessor: String) -> Bool {
        let key = TypedText.folded(assessor).lowercased()
        return readings.contains { $0.assessorKey == key }
    }

    /// By assessor in the order of their first assessment, each from one baseline to the next.
    package var series: [ResponseSeries] {
        byAssessor.flatMap { readings in
            var parts: [[LesionReading]] = []
            for reading in readings {
                if parts.isEmpty || reading.isBaseline { parts.append([]) }
                parts[parts.count - 1].append(reading)
            }
            var known: Set<RecordID> = []
            return parts.compactMap { part in
                defer { known.formUnion(part.flatMap(\.measurements).map(\.lesion)) }
                return ResponseSeries(part, nodal: nodal, known: known)
            }
        }
    }

    /// For each course of which something was delivered, by its first day, and each assessor who looked before or after.
    package var outOfField: [OutOfFieldResponse] {
        let doses = self.doses
        let courses = exposures.courses.sorted { ($0.first, $0.course) < ($1.first, $1.course) }
        return courses.flatMap { course, first in
            byAssessor.compactMap { readings in
                let response = OutOfFieldResponse(course, began: first, readings, in: self, doses: doses)
                return response.visits.isEmpty ? nil : response
            }
        }
    }

    /// The drugs of the case, with what was given of them.
    private var doses: [(name: String, book: DoseBook)] {
        let given = states.filter { $0.kind == .given }
        return states.compactMap { state in
            guard state.kind == .order, state.standing != .retracted else { return nil }
            let order = state.displayedBody(OrderBody.self).body
            guard order.form == .drug else { return nil }
            return (order.name, DoseBook(order: state, given: given, missing: missing))
        }
    }

    /// The readings of each assessor.
    private var byAssessor: [[LesionReading]] {
        var order: [String] = []
        var readings: [String: [LesionReading]] = [:]
        for reading in self.readings {
            if readings[reading.assessorKey] == nil { order.append(reading.assessorKey) }
            readings[reading.assessorKey, default: []].append(reading)
        }
        return order.compactMap { readings[$0] }
    }

    /// Whether a lesion is large enough to be measured again: 10 mm, of a lymph node 15 mm across its short axis.
    func isMeasurable(_ measurement: LesionMeasurement) -> Bool {
        guard let size = measurement.millimetres, measurement.sight == .present else { return false }
        return size.compare(to: nodal.contains(measurement.lesion) ? DecimalNumber(15) : DecimalNumber(10)) >= 0
    }

    private static func comesFirst(_ left: LesionReading, _ right: LesionReading) -> Bool {
        let days = (left.date?.interval.earliest ?? .last, right.date?.interval.earliest ?? .last)
        return days.0 != days.1 ? days.0 < days.1 : left.record < right.record
    }
}
