import ArgumentParser
import CaseModel
import CaseStore
import Schema

/// `abscope drug add`.
struct DrugAdd: StoreCommand {
    static let configuration = CommandConfiguration("add", .drugAdd)

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String
    @Option(name: .long, help: .option(.drugName)) var drug: String?
    @Option(name: .customLong("class"), help: .option(.drugClass)) var drugClass: String?
    @Option(name: .long, help: .option(.drugDose)) var dose: String?
    @Option(name: .long, help: .option(.route)) var route: String?
    @Option(name: .long, help: .option(.doseInterval)) var every: String?
    @Option(name: .customLong("from"), help: .option(.doseAnchor)) var anchor: String?
    @Option(name: .customLong("first"), help: .option(.firstDose)) var firstDose: String?
    @Option(name: .long, help: .option(.cycles)) var cycles: String?
    @Option(name: .long, help: .option(.earlyDays)) var early: String?
    @Option(name: .long, help: .option(.lateDays)) var late: String?
    @Option(name: .long, help: .option(.lineOfTherapy)) var line: String?
    @Option(name: .long, help: .option(.drugStart)) var start: String?
    @Option(name: .long, help: .option(.drugEnd)) var end: String?
    @Option(name: .customLong("by"), help: .option(.performer)) var performer: String?
    @Option(name: .long, help: .option(.caseNote)) var note: String?

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        let form = try Form(fields, reading: .nothing, from: session.input)
        guard !form.has("every") || form.has("from") else {
            throw Failure(.usage, .missingValues(["from"]), remedy: .doseAnchorRemedy)
        }
        let today = try session.today()
        var body = OrderBody()
        body.drug = try order(form, today: today)
        try DrugRules.refuseUnlessOrderable(body.drug)
        if let start = form["start"] { body.period.start = try Values.date(start, of: "start", today: today).schema }
        if let end = form["end"] { body.period.end = try Values.date(end, of: "end", today: today).schema }
        body.state.value = Vocabulary.coded(Vocabulary.OrderState.active)
        if let note = form["note"] { body.note = Text(note) }
        var change = try DraftChange.create(.order, body, in: .existing(record))
        change.performer = performer.map { DraftPerformer(text: $0) }
        let entry = try clinic.record(
            Recording(changes: [change], operatorRecord: operatorRecord, isDryRun: writing.dryRun)
        )
        session.console.line(body.drug.rendered.text.safeForTerminal)
        session.report(
            entry,
            correction: DrugRetract.line,
            in: clinic,
            [("case", .string(try clinic.caseNumber(record))), ("drug", body.drug.rendered.json)]
        )
        return .success
    }

    private var fields: [Form.Field] {
        [
            Form.Field("drug", drug, asks: .drug, isRequired: true),
            Form.Field("dose", dose, asks: .drugDose),
            Form.Field("every", every, asks: .doseInterval),
            Form.Field("from", anchor, asks: .doseAnchor),
            Form.Field("first", firstDose, asks: .firstDose),
            Form.Field("cycles", cycles, asks: .cycles),
            Form.Field("class", drugClass), Form.Field("route", route), Form.Field("early", early),
            Form.Field("late", late), Form.Field("line", line), Form.Field("start", start), Form.Field("end", end),
            Form.Field("note", note),
        ]
    }

    private func order(_ form: Form, today: CivilDay) throws -> DrugOrder {
        func count(_ key: String, in range: ClosedRange<UInt32>) throws -> UInt32? {
            try form[key].map {
                UInt32(try Values.wholeNumber($0, of: key, in: Self.whole(range)))
            }
        }
        var order = DrugOrder()
        order.drug = Values.coded(form.value("drug"))
        if let drugClass = form["class"] { order.drugClass = Values.coded(drugClass) }
        if let dose = form["dose"] { order.setDose(try Values.drugDose(dose, of: "dose")) }
        if let route = form["route"] { order.route = route }
        if let interval = form["every"] {
            order.intervalDays = UInt32(try Values.days(interval, of: "every", in: Self.whole(DrugRules.intervals)))
        }
        if let anchor = form["from"] {
            let word: DoseAnchorWord = try Values.choice(anchor, of: "from")
            order.anchor = word.anchor
        }
        if let first = form["first"] { order.firstDose = try Values.date(first, of: "first", today: today).schema }
        if let cycles = try count("cycles", in: DrugRules.cycles) { order.cycles = cycles }
        if let days = try count("early", in: 0...DrugRules.intervals.upperBound) { order.earlyDays = days }
        if let days = try count("late", in: 0...DrugRules.intervals.upperBound) { order.lateDays = days }
        if let line = try count("line", in: 1...20) { order.lineOfTherapy = line }
        return order
    }

    private static func whole(_ range: ClosedRange<UInt32>) -> ClosedRange<Int> {
        Int(range.lowerBound)...Int(range.upperBound)
    }
}

/// What the day of a dose is counted from, as it is typed.
private enum DoseAnchorWord: String, CaseIterable {
    case first, last

    var anchor: DoseAnchor {
        switch self {
        case .first: .firstDose
        case .last: .lastDose
        }
    }
}
