import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope fraction give`.
struct FractionGive: StoreCommand {
    static let configuration = CommandConfiguration("give", .fractionGive)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.course)) var course: String?
    @Option(name: .long, help: .option(.fractionDate)) var date: String?
    @Option(name: .long, help: .option(.fractionNumber)) var number: String?
    @Option(name: .long, help: .option(.fractionDose)) var dose: String?
    @Flag(name: .long, help: .option(.unusualDose)) var unusualDose = false
    @Flag(name: .long, help: .option(.partial)) var partial = false
    @Flag(name: .long, help: .option(.twiceDaily)) var bid = false
    @Flag(name: .long, help: .option(.extra)) var extra = false
    @Option(name: .long, help: .option(.reason)) var reason: String?
    @Option(name: .long, help: .option(.device)) var device: String?
    @Option(name: .customLong("by"), help: .option(.performer)) var performer: String?
    @Flag(name: .long, help: .option(.yes)) var yes = false

    func perform(in session: Session) throws -> ExitStatus {
        guard !(bid && extra) else { throw Failure(.usage, .bidAndExtra) }
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let label = try clinic.caseNumber(record)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let courses = Courses(try clinic.states(of: record), missing: clinic.missing)
        let course = try courses.course(self.course, of: label, clinic.names, includesClosed: extra || number != nil)
        let book = courses.book(of: course)
        let day = try Values.past(date ?? "today", of: "date", today: try session.today())
        try refuseSecondOfDay(book, day)
        let fraction = try fraction(book, course, day)
        propose(fraction, of: book, course, label, person: try clinic.person(of: record), in: session)
        if book.missingEntries > 0 {
            session.console.note(.missing(.nextFraction(course.courseName, book.missingEntries)))
        }
        if !yes, !writing.dryRun, session.input.isInteractive {
            guard try session.input.confirm(.give(fraction.rendered.text)) else {
                session.console.line(.notRecorded)
                return .success
            }
        }
        try session.record(
            fraction,
            of: course.id,
            in: record,
            label,
            by: operatorRecord,
            performer: performer,
            writing,
            in: clinic
        )
        return .success
    }

    /// A fact that happened can be recorded, but a second fraction on a day is far more often a double entry.
    private func refuseSecondOfDay(_ book: FractionBook, _ day: PartialDate) throws {
        guard !bid, !extra, let on = day.day, !book.delivered(on: on).isEmpty else { return }
        throw Failure(.dataError, .secondOfDay(String(describing: day)), remedy: .secondOfDayRemedy)
    }

    private func fraction(_ book: FractionBook, _ course: RecordState, _ day: PartialDate) throws -> Fraction {
        var fraction = Fraction()
        if let number {
            fraction.number = UInt32(try Values.wholeNumber(number, of: "number", in: 1...999))
        } else if !extra {
            guard let next = book.nextNumber else {
                if book.missingEntries > 0 {
                    throw Failure(
                        .dataError,
                        .missing(.nextFraction(course.courseName, book.missingEntries)),
                        remedy: .missing(.nextFractionRemedy)
                    )
                }
                throw Failure(.dataError, .noNextFraction(course.courseName), remedy: .noNextFractionRemedy)
            }
            fraction.number = next
        }
        fraction.date = day.schema
        fraction.outcome = partial ? .partial : .given
        if bid { fraction.role = .secondOfDay }
        if extra { fraction.role = .extra }
        if let dose {
            let delivered = try Values.dose(dose, of: "dose")
            // A partial fraction may be as small as it likes.
            if !unusualDose, !partial || delivered.unit != .centigray,
                let doubt = CourseRules.doubt(ofFraction: delivered)
            {
                throw Failure(
                    .dataError,
                    .doubtfulDose(doubt.message),
                    remedy: .doubtfulDoseRemedy(doubt.remedy),
                    at: "dose"
                )
            }
            fraction.dose = delivered.schema
        } else if partial {
            throw Failure(.usage, .partialNeedsDose)
        } else if let planned = book.dosePerFraction {
            fraction.dose = planned.schema
        }
        if let reason { fraction.reason = Text(reason) }
        if let device { fraction.device = device }
        return fraction
    }

    /// Whose fraction and which one, on standard error, before it is asked about.
    private func propose(
        _ fraction: Fraction,
        of book: FractionBook,
        _ course: RecordState,
        _ label: String,
        person: RecordState?,
        in session: Session
    ) {
        let identity = person?.displayedBody(PersonBody.self).body
        let prescribed = course.displayedBody(OrderBody.self).body.course
        // Whose it is belongs on the operator's terminal only, never into a log of a script.
        let name = session.input.isInteractive ? identity.flatMap { $0.hasName ? $0.name.value : nil } : nil
        let year = identity.flatMap { $0.hasBirthYear ? String($0.birthYear) : nil }
        let plan = prescribed.prescriptions.first?.rendered(fractions: prescribed.fractions).text ?? ""
        session.console.note(.proposalWho(number: label, name: name, birthYear: year))
        session.console.note(.proposalCourse(name: prescribed.name, site: prescribed.site.rendered.text, plan: plan))
        session.console.note(
            .fractionProposal(
                number: fraction.hasNumber ? String(fraction.number) : nil,
                of: prescribed.fractions,
                dose: fraction.hasDose ? fraction.dose.rendered.text : "",
                date: fraction.date.rendered.text
            )
        )
        session.console.note(.authorisesNothing)
    }
}
