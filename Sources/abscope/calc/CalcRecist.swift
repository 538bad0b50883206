import ArgumentParser
import CaseModel

/// `abscope calc recist`.
struct CalcRecist: Calculation {
    static let configuration = CommandConfiguration("recist", .calcRecist)

    private static let limitBytes = 64 << 20
    private enum Column: String, CaseIterable {
        case subject, assessor, visit, visitNumber, date, lesion, role, nodal, diameterMillimetres, state
    }

    @OptionGroup var common: CalcOptions
    @Argument(help: .option(.calcFile), completion: .file(extensions: ["csv"])) var file: String

    /// Whether a lesion is a lymph node.
    private enum Nodal: String, CaseIterable { case yes, no }

    /// Who saw whom.
    private struct Reading: Hashable {
        var subject: String
        var assessor: String
    }

    /// What one assessor saw of one patient at one visit.
    private struct Visit {
        var name: String
        var date: String
        var lesions: [LesionAssessment] = []
    }

    func answer() throws -> CalcAnswer {
        let table = try CSVTable(parsing: try WholeFile.read(file, limitBytes: Self.limitBytes))
        if let refusal = table.refusals.first { throw Failure(refusal.error) }
        let columns = try table.columns(Column.allCases.map(\.rawValue))
        var readings: [Reading: [DecimalNumber: Visit]] = [:]
        for row in table.rows {
            let fields = columns.map { row.fields[$0] }
            let reading = Reading(subject: fields[0].text, assessor: fields[1].text)
            let number = try Values.decimal(fields[3].text, of: place(fields[3])).reduced
            var visit = readings[reading]?[number] ?? Visit(name: fields[2].text, date: fields[4].text)
            visit.lesions.append(try lesion(fields))
            readings[reading, default: [:]][number] = visit
        }
        guard !readings.isEmpty else { throw Failure(.dataError, .calcNoRows) }
        var answer = CalcAnswer()
        answer.add(.formula, ResponseCourse.formula)
        answer.add(.file, file)
        var responses: [CalcAnswer.Value] = []
        // The baseline of a patient is the same for all who read the images.
        var firsts: [String: DecimalNumber] = [:]
        for (reading, visits) in readings {
            for number in visits.keys where firsts[reading.subject].map({ number.compare(to: $0) < 0 }) ?? true {
                firsts[reading.subject] = number
            }
        }
        let order = readings.keys.sorted { ($0.subject, $0.assessor) < ($1.subject, $1.assessor) }
        for reading in order {
            let visits = (readings[reading] ?? [:]).sorted { $0.key.compare(to: $1.key) < 0 }
            let baseline = visits.first { $0.key == firsts[reading.subject] }?.value.lesions ?? []
            let later = visits.filter { $0.key != firsts[reading.subject] }
            let course = try ResponseCourse(baseline: baseline, visits: later.map(\.value.lesions))
            for ((number, visit), judged) in zip(later, course.visits) {
                responses.append(shown(reading, number, visit, judged, of: course))
            }
        }
        answer.add(.responses, .list(responses))
        return answer
    }

    private func shown(
        _ reading: Reading,
        _ number: DecimalNumber,
        _ visit: Visit,
        _ judged: ResponseCourse.Visit,
        of course: ResponseCourse
    ) -> CalcAnswer.Value {
        .object([
            (.subject, .text(reading.subject)), (.assessor, .text(reading.assessor)), (.visit, .text(visit.name)),
            (.visitNumber, .decimal(number)), (.date, .text(visit.date)),
            (.target, CalcAnswer.Value(judged.target?.rawValue)),
            (.nonTarget, CalcAnswer.Value(judged.nonTarget?.rawValue)), (.new, .flag(judged.hasNewLesion)),
            (.overall, .text(judged.overall.rawValue)), (.sumMillimetres, CalcAnswer.Value(judged.sumMillimetres)),
            (.baselineSum, CalcAnswer.Value(course.baselineSumMillimetres)),
            (.nadirSum, CalcAnswer.Value(judged.nadirSumMillimetres)),
            (.measuredTargets, .whole(Int64(judged.measuredTargets))), (.ofTargets, .whole(Int64(course.targets))),
        ])
    }

    private func lesion(_ fields: [CSVTable.Field]) throws -> LesionAssessment {
        let diameter = fields[8]
        return LesionAssessment(
            lesion: fields[5].text,
            role: try Values.choice(fields[6].text, of: place(fields[6])),
            isNodal: try Values.choice(fields[7].text, of: place(fields[7])) as Nodal == .yes,
            diameterMillimetres: diameter.text.isEmpty ? nil : try Values.decimal(diameter.text, of: place(diameter)),
            state: try Values.choice(fields[9].text, of: place(fields[9]))
        )
    }

    private func place(_ field: CSVTable.Field) -> String { String(describing: field.position) }
}
