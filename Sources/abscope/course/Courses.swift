import CaseModel
import Schema

/// The courses of one case with what was given of each.
struct Courses {
    let states: [RecordState]
    /// Courses that were not retracted.
    let courses: [RecordState]
    /// What is missing here, of whatever case.
    let missing: [MissingEntries]

    init(_ states: [RecordState], missing: [MissingEntries]) {
        self.states = states
        self.missing = missing
        courses = states.filter { state in
            state.kind == .order && state.standing != .retracted && state.displayedBody(OrderBody.self).body.hasCourse
        }
    }

    func book(of course: RecordState) -> FractionBook {
        FractionBook(course: course, given: states.filter { $0.kind == .given }, missing: missing)
    }

    /// Courses that are neither completed nor stopped, nor complete by count.
    var open: [RecordState] {
        courses.filter { course in
            let state = course.displayedBody(OrderBody.self).body.state.value
            let word = Vocabulary.term(state, as: Vocabulary.OrderState.self)
            guard word != .completed, word != .stopped else { return false }
            return !book(of: course).isComplete
        }
    }

    /// The course somebody named, or the only open one.
    ///
    /// * typed: a reference or (part of) a name; nil takes the only open one.
    /// * includesClosed: also courses that are complete, when named.
    /// - Throws: 66 when there is none, 64 when there are several.
    func course(_ typed: String?, of number: String, _ names: RecordNames, includesClosed: Bool) throws -> RecordState {
        let open = self.open
        guard let typed else {
            guard let only = open.first else { throw Failure(.noInput, .noCourses(number)) }
            guard open.count == 1 else {
                throw Failure(.usage, .severalCourses(open.map { label($0, names) }), remedy: .severalCoursesRemedy)
            }
            return only
        }
        let candidates = includesClosed ? courses : open
        guard !candidates.isEmpty else { throw Failure(.noInput, .noCourses(number)) }
        let key = TypedText.folded(typed).lowercased()
        let exact = candidates.filter {
            names.reference($0.id).lowercased() == key || $0.courseName.lowercased() == key
        }
        let fitting = exact.isEmpty ? candidates.filter { $0.courseName.lowercased().contains(key) } : exact
        guard let course = fitting.first else {
            throw Failure(.noInput, .courseUnknown(typed, candidates.map { label($0, names) }))
        }
        guard fitting.count == 1 else {
            throw Failure(.usage, .courseAmbiguous(typed, fitting.map { label($0, names) }))
        }
        return course
    }

    /// `thorax (GY.2.17-3fa97c21)`.
    func label(_ course: RecordState, _ names: RecordNames) -> String {
        "\(course.courseName) (\(names.reference(course.id)))"
    }
}

extension RecordState {
    /// The name of a course as it is shown.
    var courseName: String { displayedBody(OrderBody.self).body.course.name }
}

extension FractionBook {
    /// `11`, or `10–11` while two records may be one fraction.
    var deliveredText: String {
        delivered.count == 1 ? String(delivered.lowerBound) : "\(delivered.lowerBound)–\(delivered.upperBound)"
    }

    /// The dose delivered, as a range where it is one; empty when it is not known.
    var doseText: String {
        guard let dose = deliveredDose else { return "" }
        let (least, most) = (String(describing: dose.least), String(describing: dose.most))
        return least == most ? least : "\(least) – \(most)"
    }
}
