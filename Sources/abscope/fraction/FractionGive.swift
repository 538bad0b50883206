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
        let courses = Orders(.course, try clinic.states(of: record), missing: clinic.missing)
        let course = try courses.order(self.course, of: label, clinic.names, includesClosed: extra || number != nil)
        let book = courses.fractions(of: course)
        let day = try Values.past(date ?? "today", of: "date", today: try session.today())
        try refuseSecondOfDay(book, day)
        var body = GivenBody()
        body.fraction = try fraction(book, course, day)
        let prescribed = course.displayedBody(OrderBody.self).body.course
        session.propose(course, plan: plan(prescribed), of: label, person: try clinic.person(of: record))
        propose(body.fraction, of: prescribed, in: session)
        if book.missingEntries > 0 {
            session.console.note(.missing(.nextGiven(.course, course.orderName, book.missingEntries)))
        }
        guard try session.confirms(body.fraction.rendered, isAnswered: yes || writing.dryRun) else { return .success }
        try session.record(
            body,
            of: course.id,
            in: record,
            label,
            by: operatorRecord,
            performer: performer,
            writing,
            correction: FractionRetract.line,
            in: clinic
        )
        return .success
    }

    /// A fact that happened can be recorded, but a second fraction on a day is far more often a double entry.
    private func refuseSecondOfDay(_ book: FractionBook, _ day: PartialDate) throws {
        guard !bid, !extra, let on = day.day, !book.given.delivered(on: on).isEmpty else { return }
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
                        .missing(.nextGiven(.course, course.orderName, book.missingEntries)),
                        remedy: .missing(.nextGivenRemedy(.course))
                    )
                }
                throw Failure(.dataError, .noNextFraction(course.orderName), remedy: .noNextFractionRemedy)
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

    private func plan(_ prescribed: Course) -> String {
        let doses = prescribed.prescriptions.first?.rendered(fractions: prescribed.fractions).text ?? ""
        return [prescribed.name, prescribed.site.rendered.text, doses].filter { !$0.isEmpty }.joined(separator: ", ")
    }

    /// Which fraction, on standard error, before it is asked about.
    private func propose(_ fraction: Fraction, of prescribed: Course, in session: Session) {
        session.console.note(
            .fractionProposal(
                number: fraction.hasNumber ? String(fraction.number) : nil,
                of: prescribed.fractions,
                dose: fraction.hasDose ? fraction.dose.rendered.text : "",
                date: fraction.date.rendered.text
            )
        )
        session.console.note(.authorisesNothing(.course))
    }
}
