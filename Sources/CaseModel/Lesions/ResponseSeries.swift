/// Every assessment of one assessor from a baseline on, and what each comes to.
///
/// Each assessor is judged by what that one saw. A new baseline begins a new series. Where something of an assessment is not
/// settled, its response and all later ones are unknown: it may be the smallest sum, which they are compared with.
package struct ResponseSeries: Sendable {
    package struct Visit: Sendable {
        package var reading: LesionReading
        /// nil while it is unknown.
        package var response: ResponseCourse.Visit?
        /// The same by iRECIST; nil while it is unknown.
        package var immune: ImmuneResponse?
    }

    /// The best of all visits up to the first progression.
    package struct Best: Hashable, Sendable {
        package var response: TumourResponse
        package var record: RecordID
        package var date: PartialDate?
        /// Seen again at least ``confirmedAfterDays`` later, for a complete or partial response.
        package var isConfirmed: Bool
        /// From the first complete or partial response to progression, or else to the last assessment: days.
        package var durationDays: Int64?
        /// Whether it ended with progression.
        package var hasEnded: Bool
    }

    /// A response is confirmed by one so many days later. Eisenhauer, Eur J Cancer 2009; 45:228.
    package static let confirmedAfterDays: Int64 = 28
    /// Stable disease has to last so many days from baseline to be a best response: six weeks, where no protocol says otherwise.
    package static let stableAfterDays: Int64 = 42

    /// As written in the baseline; empty where nobody said.
    package let assessor: String
    package let baseline: LesionReading
    /// After the baseline, the first one first.
    package let visits: [Visit]
    /// nil while the baseline is unknown.
    package let course: ResponseCourse?

    /// - Parameters:
    ///   - readings: Of one assessor, the baseline first.
    ///   - nodal: The lesions that are lymph nodes.
    ///   - earlier: Lesions the assessor saw before the baseline: left out there, they are not new afterwards.
    init?(_ readings: [LesionReading], nodal: Set<RecordID>, known earlier: Set<RecordID> = []) {
        guard let baseline = readings.first else { return nil }
        self.baseline = baseline
        assessor = baseline.assessor
        let later = Array(readings.dropFirst())
        var isKnown = baseline.isSettled
        let known = later.prefix { reading in
            isKnown = isKnown && reading.isSettled
            return isKnown
        }
        let first = baseline.measurements.map {
            $0.assessment($0.role ?? .nonTarget, isNodal: nodal.contains($0.lesion))
        }
        let roles = Dictionary(first.map { ($0.lesion, $0.role) }) { role, _ in role }
        let seen = known.map { reading in
            reading.measurements.map { measurement in
                let unlisted: LesionAssessment.Role = earlier.contains(measurement.lesion) ? .nonTarget : .new
                let role = measurement.role ?? roles[String(describing: measurement.lesion)] ?? unlisted
                return measurement.assessment(role, isNodal: nodal.contains(measurement.lesion))
            }
        }
        let course: ResponseCourse?
        do throws(RecordError) {
            course = baseline.isSettled ? try ResponseCourse(baseline: first, visits: seen) : nil
        } catch {
            // A diameter below 0, or of more digits than arithmetic has: nothing can be said.
            course = nil
        }
        self.course = course
        let days = known.map { $0.date?.day }
        let immune = course.map { ImmuneResponse.responses(seen, $0.visits, on: days) }
        visits = later.indices.map { index in
            guard let course, let immune, index < course.visits.count else { return Visit(reading: later[index]) }
            return Visit(reading: later[index], response: course.visits[index], immune: immune[index])
        }
    }

    /// nil while a visit is unknown, and before the first one.
    package var best: Best? {
        guard course != nil, !visits.isEmpty else { return nil }
        var responses: [(visit: Visit, overall: TumourResponse)] = []
        for visit in visits {
            guard let overall = visit.response?.overall else { return nil }
            responses.append((visit, overall))
        }
        let progression = responses.firstIndex { $0.overall == .progressive }
        let counted = responses.prefix(progression.map { $0 + 1 } ?? responses.count)
        func has(_ response: TumourResponse) -> Int? {
            counted.firstIndex { visit, overall in
                guard overall == response else { return false }
                guard response == .stable else { return true }
                return baseline.date.flatMap { from in visit.reading.date.flatMap(from.days) } ?? 0
                    >= Self.stableAfterDays
            }
        }
        let ranked: [TumourResponse] = [
            .complete, .partial, .stable, .nonCompleteNonProgressive, .progressive, .notEvaluable,
        ]
        // Stable disease that did not last is not evaluable, unless progression followed.
        guard let first = ranked.lazy.compactMap(has).first ?? counted.indices.last else { return nil }
        let (visit, overall) = counted[first]
        let response = has(overall) == nil ? .notEvaluable : overall
        let isResponse = response == .complete || response == .partial
        let again = counted[(first + 1)...].contains { other, overall in
            guard overall == response || overall == .complete else { return false }
            return visit.reading.date.flatMap { from in other.reading.date.flatMap(from.days) } ?? 0
                >= Self.confirmedAfterDays
        }
        let began = counted.first { $0.overall == .complete || $0.overall == .partial }?.visit.reading.date
        let ended = counted.last?.visit.reading.date
        return Best(
            response: response,
            record: visit.reading.record,
            date: visit.reading.date,
            isConfirmed: isResponse && again,
            durationDays: isResponse ? began.flatMap { from in ended.flatMap(from.days) } : nil,
            hasEnded: progression != nil
        )
    }
}
