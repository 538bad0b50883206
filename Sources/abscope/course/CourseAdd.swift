import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope course add`.
struct CourseAdd: StoreCommand {
    static let configuration = CommandConfiguration("add", .courseAdd)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.courseName)) var name: String?
    @Option(name: .long, help: .option(.intent)) var intent: String?
    @Option(name: .long, help: .option(.bodySite)) var site: String?
    @Option(name: .long, help: .option(.laterality)) var laterality: String?
    @Option(name: .long, help: .option(.level)) var level: String?
    @Option(name: .long, help: .option(.technique)) var technique: String?
    @Option(name: .long, help: .option(.modality)) var modality: String?
    @Option(name: .long, help: .option(.volume)) var volume: String?
    @Option(name: .long, help: .option(.prescribedTo)) var prescribedTo: String?
    @Option(name: .long, help: .option(.fractions)) var fractions: String?
    @Option(name: .long, help: .option(.dosePerFraction)) var dosePerFraction: String?
    @Option(name: .customLong("total"), help: .option(.totalDose)) var totalDose: String?
    @Option(name: .customLong("first"), help: .option(.firstFraction)) var firstFraction: String?
    @Option(name: .customLong("per-day"), help: .option(.fractionsPerDay)) var fractionsPerDay: String?
    @Option(name: .long, help: .option(.courseCalendar)) var calendar: String?
    @Option(name: .long, help: .option(.everyDays)) var everyDays: String?
    @Flag(name: .long, help: .option(.noMakeUpDays)) var noMakeupDays = false
    @Option(name: .long, help: .option(.gapReason)) var reason: String?
    @Option(name: .customLong("by"), help: .option(.performer)) var performer: String?
    @Option(name: .long, help: .option(.caseNote)) var note: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let form = try Form(fields, reading: .nothing, from: session.input)
        let course = try self.course(form, today: try session.today())
        try CourseRules.refuseUnlessOrderable(course)
        session.console.line(course.rendered.text.safeForTerminal)
        let (proposal, hasLongGap) = try propose(course, in: session)
        var body = OrderBody()
        body.course = course
        var state = Status()
        state.value = Vocabulary.coded(Vocabulary.OrderState.active)
        body.state = state
        if let note = form["note"] { body.note = Text(note) }
        var change = try DraftChange.create(.order, body, in: .existing(record))
        change.performer = performer.map { DraftPerformer(text: $0) }
        // Who plans days without treatment says why.
        if hasLongGap || reason != nil { change.reason = try session.reason(reason) }
        let entry = try clinic.record(
            Recording(changes: [change], operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        let number = try clinic.caseNumber(record)
        session.report(
            entry,
            correction: CourseRetract.line,
            in: clinic,
            [("case", .string(number)), ("course", course.rendered.json), ("schedule", proposal)]
        )
        return .success
    }

    private var fields: [Form.Field] {
        [
            Form.Field("name", name, asks: .courseName, isRequired: true),
            Form.Field("site", site, asks: .bodySite, isRequired: true),
            Form.Field("laterality", laterality, asks: .laterality),
            Form.Field("volume", volume, asks: .volume),
            Form.Field("fractions", fractions, asks: .fractions, isRequired: true),
            Form.Field("dose-per-fraction", dosePerFraction, asks: .dosePerFraction, isRequired: true),
            Form.Field("first", firstFraction, asks: .firstFraction),
            Form.Field("intent", intent), Form.Field("level", level), Form.Field("technique", technique),
            Form.Field("modality", modality), Form.Field("prescribed-to", prescribedTo), Form.Field("total", totalDose),
            Form.Field("per-day", fractionsPerDay), Form.Field("calendar", calendar),
            Form.Field("every-days", everyDays), Form.Field("note", note),
        ]
    }

    private func course(_ form: Form, today: CivilDay) throws -> Course {
        var course = Course()
        course.name = form.value("name")
        course.fractions = UInt32(try Values.wholeNumber(form.value("fractions"), of: "fractions", in: 1...999))
        var target = BodySite()
        target.site = Values.coded(form.value("site"))
        if let side = form["laterality"] { target.laterality = Values.coded(side) }
        if let level = form["level"] { target.level = level }
        course.site = target
        if let intent = form["intent"] { course.intent = Values.coded(intent) }
        if let technique = form["technique"] { course.technique = Values.coded(technique) }
        if let modality = form["modality"] { course.modality = Values.coded(modality) }
        if let date = form["first"] { course.firstFraction = try Values.date(date, of: "first", today: today).schema }
        if let count = form["per-day"] {
            course.fractionsPerDay = UInt32(try Values.wholeNumber(count, of: "per-day", in: 1...3))
        }
        if let calendar = form["calendar"] {
            let name: WorkdayCalendar.Name = try Values.choice(calendar, of: "calendar")
            course.calendar = name.calendar.version
        }
        if let days = form["every-days"] {
            course.everyDays = UInt32(try Values.wholeNumber(days, of: "every-days", in: 1...28))
        }
        if noMakeupDays { course.leavesOutMakeUpDays = true }
        course.prescriptions = [try prescription(form, fractions: course.fractions)]
        return course
    }

    /// The days of the fractions, where a first one is planned, with what somebody should know: a proposal that orders nothing.
    private func propose(_ course: Course, in session: Session) throws -> (json: JSON, hasLongGap: Bool) {
        guard course.hasFirstFraction, let first = try PartialDate(course.firstFraction).day,
            let workdays = course.workdays, let schedule = try course.schedule(from: first)
        else { return (.null, false) }
        let warnings =
            CourseRules.isGapHarmless(course) ? [] : schedule.warnings(planned: first, everyDays: Int(course.everyDays))
        let proposal = schedule.rendered(workdays, warnings)
        session.console.line(proposal.text)
        for warning in warnings { session.console.note(.warning(say(warning))) }
        return (proposal.json, schedule.hasLongGap(everyDays: Int(course.everyDays)) && !warnings.isEmpty)
    }

    /// The total is written down even where it was computed, for it is what people compare.
    private func prescription(_ form: Form, fractions: UInt32) throws -> Prescription {
        var prescription = Prescription()
        prescription.volume = form["volume"] ?? "PTV"
        let dose = try Values.dose(form.value("dose-per-fraction"), of: "dose-per-fraction")
        prescription.dosePerFraction = dose.schema
        let total = try form["total"].map { try Values.dose($0, of: "total") }
        if let total = total ?? CourseRules.total(dosePerFraction: dose, fractions: fractions) {
            prescription.totalDose = total.schema
        }
        if let point = form["prescribed-to"] { prescription.prescribedTo = point }
        return prescription
    }
}
