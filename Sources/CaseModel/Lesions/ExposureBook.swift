import Schema

/// By which courses of radiotherapy the lesions of a case were exposed, as it is stated for each lesion and course.
///
/// Whether a lesion counts as irradiated is a question of the day: a course exposes from its first fraction on.
package struct ExposureBook: Sendable {
    /// What is known of a lesion up to a day.
    package enum Standing: Hashable, Sendable {
        case unexposed
        /// By the level that says most.
        case exposed(Vocabulary.LesionExposure)
        /// A course began of which nobody said how it reached the lesion.
        case unknown
    }

    /// What is stated of one lesion and one course.
    package struct Line: Hashable, Sendable {
        package var record: RecordID
        package var lesion: RecordID
        package var course: RecordID
        package var exposure: Vocabulary.LesionExposure
        /// What low dose it was; nil where nobody said.
        package var dose: Measure?
        package var isSettled: Bool
    }

    package let lines: [Line]
    /// The first day of each course of which something was delivered; nil where it is not certain.
    private let begun: [RecordID: CivilDay?]

    /// - Parameter states: Every record of the case.
    init(_ states: [RecordState]) {
        lines = states.compactMap(Line.init)
        let given = states.filter { $0.kind == .given }
        var begun: [RecordID: CivilDay?] = [:]
        // A course that was taken back keeps its fractions, and what they reached.
        for state in states where state.kind == .order {
            guard state.displayedBody(OrderBody.self).body.form == .course else { continue }
            let delivered = given.compactMap { GivenLine($0, of: state.id, .course) }.filter(\.isDelivered)
            guard !delivered.isEmpty else { continue }
            let days = delivered.compactMap { $0.isSettled ? $0.date?.day : nil }
            begun[state.id] = .some(days.count == delivered.count ? days.min() : nil)
        }
        self.begun = begun
    }

    /// What was stated of a lesion and a course; several where it was stated twice.
    package func lines(of lesion: RecordID, by course: RecordID) -> [Line] {
        lines.filter { $0.lesion == lesion && $0.course == course }
    }

    /// Courses of which something was delivered, with the day of the first fraction where it is certain.
    var courses: [(course: RecordID, first: CivilDay)] {
        begun.compactMap { course, first in first.map { (course, $0) } }
    }

    /// How a lesion stands on a day.
    package func standing(of lesion: RecordID, on day: CivilDay) -> Standing {
        var standing = Standing.unexposed
        for (course, first) in begun {
            // A course that may have begun counts as one that has.
            if let first, first > day { continue }
            let stated = lines(of: lesion, by: course)
            let levels = Set(stated.map(\.exposure))
            guard let level = levels.first, levels.count == 1, level != .unknown, stated.allSatisfy(\.isSettled) else {
                // Exposed by one course is exposed, whatever another one did.
                if case .exposed = standing { continue }
                standing = .unknown
                continue
            }
            guard level != .outside else { continue }
            if case .exposed(let other) = standing, other.rank <= level.rank { continue }
            standing = .exposed(level)
        }
        return standing
    }
}

extension ExposureBook.Line {
    /// nil for another result, and what was retracted.
    init?(_ state: RecordState) {
        guard state.kind == .result, state.standing != .retracted,
            let lesion = state.displayedLink(LinkField.resultSubject),
            let course = state.displayedLink(LinkField.resultCourse)
        else { return nil }
        let shown = state.displayedBody(ResultBody.self)
        let body = shown.body
        guard body.analyte == Vocabulary.lesionExposure else { return nil }
        record = state.id
        self.lesion = lesion
        self.course = course
        isSettled = state.isSettled && shown.unreadableFields.isEmpty
        exposure = Vocabulary.term(body.value.coded) ?? .unknown
        if body.value.hasQuantity {
            exposure = .lowDose
            do throws(RecordError) {
                dose = try Measure(body.value.quantity)
            } catch {
                isSettled = false
            }
        }
    }
}

extension Vocabulary.LesionExposure {
    /// What says most comes first.
    fileprivate var rank: Int {
        switch self {
        case .target: 0
        case .inField: 1
        case .lowDose: 2
        case .outside, .unknown: 3
        }
    }
}
