import Schema

/// Makes cases that look like a clinic's, the same from the same seed: the corpus of the benchmarks and of the fuzzer. It
/// lives here, not beside the tests, because programs that need nothing of the tests run it.
///
/// Names are made up, doses add up, dates are weekdays, and a share of cases has what clinics have: missed fractions,
/// adverse events, partial dates, Chinese and English text.
package struct CaseGenerator: Sendable {
    /// One record to write, in order; its targets count the changes of the same entry.
    package struct GeneratedEntry: Sendable {
        /// nil: the entry creates the case; else it belongs to the case created by the entry with this index.
        package var caseEntry: Int?
        /// The entry whose first change is the order a fraction was given for.
        package var orderEntry: Int?
        package var draft: DraftChange
        /// Encoded identifying fields, for whoever holds the person's key; the person is change 0 of the entry.
        package var identifying: [UInt8]
        /// For the entry that creates a case: its person, written before the case in the same entry.
        package var person: DraftChange?
        package var day: CivilDay
    }

    private var random: SeededNumbers
    private let firstDay: CivilDay

    /// - Parameters:
    ///   - seed: the same seed makes the same cases.
    ///   - firstDay: courses begin within the 60 days after it.
    package init(seed: UInt64, firstDay: CivilDay) {
        random = SeededNumbers(state: seed)
        self.firstDay = firstDay
    }

    /// The entries of one case, in the order they would be written.
    ///
    /// - Returns: the case with its person first, then results, a course, its fractions and events.
    /// - Throws: `.illFormedValue` only if a body cannot be encoded.
    package mutating func nextCase() throws(RecordError) -> [GeneratedEntry] {
        var entries: [GeneratedEntry] = []
        let begin = weekday(from: firstDay.advanced(byDays: Int64(random.below(60))) ?? firstDay)
        entries.append(try caseEntry(on: begin))
        func add(_ draft: DraftChange, on day: CivilDay, order: Int? = nil) {
            entries.append(
                GeneratedEntry(caseEntry: 0, orderEntry: order, draft: draft, identifying: [], person: nil, day: day)
            )
        }
        for gene in ["EGFR", "ALK", "ROS1"] where random.chance(7, of: 10) {
            add(try geneResult(gene, on: begin), on: begin)
        }
        add(try pdl1Result(on: begin), on: begin)
        let plan = Self.plans[random.below(Self.plans.count)]
        let order = entries.count
        add(try courseOrder(plan, first: begin), on: begin)
        var day = begin
        var number: UInt32 = 1
        let planned = random.chance(1, of: 4) ? UInt32(random.below(Int(plan.fractions))) : plan.fractions
        while number <= planned {
            let isMissed = random.chance(1, of: 25)
            add(try fraction(isMissed ? nil : number, of: plan, on: day), on: day, order: order)
            if !isMissed { number += 1 }
            day = weekday(from: day.advanced(byDays: 1) ?? day)
            if random.chance(1, of: 40) { add(try adverseEvent(on: day), on: day) }
        }
        return entries
    }

    private struct Plan {
        var fractions: UInt32
        var dose: String
        var total: String
        var intent: String
        var technique: String
    }

    private static let plans = [
        Plan(fractions: 30, dose: "2.00", total: "60.00", intent: "curative", technique: "IMRT"),
        Plan(fractions: 33, dose: "2.00", total: "66.00", intent: "curative", technique: "VMAT"),
        Plan(fractions: 10, dose: "3.00", total: "30.00", intent: "palliative", technique: "3-D"),
        Plan(fractions: 3, dose: "8.0", total: "24.0", intent: "palliative", technique: "SBRT"),
        Plan(fractions: 5, dose: "10.0", total: "50.0", intent: "curative", technique: "SBRT"),
    ]

    private mutating func caseEntry(on day: CivilDay) throws(RecordError) -> GeneratedEntry {
        var name = PersonBody()
        name.name = Text(pick(["王", "李", "张", "刘", "陈", "杨"]) + pick(["秀英", "伟", "芳", "国强", "建华"]), language: "zh")
        name.identifier.value = "G" + String(random.next() % 100_000_000)
        var person = PersonBody()
        person.birthYear = Int32(1_940 + random.below(45))
        person.administrativeSex = Coded(words: pick(["male", "female"]))
        var body = CaseBody()
        body.diagnosis.histology = Coded(words: pick(["adenocarcinoma", "squamous cell carcinoma", "腺癌", "鳞癌"]))
        body.diagnosis.method = Coded(words: pick(["histology", "cytology"]))
        body.diagnosis.date = partial(day.advanced(byDays: -Int64(20 + random.below(60))) ?? day)
        body.stage.reportedGroup = pick(["IIIA", "IIIB", "IVA", "IVB", "IV"])
        body.stage.edition = "UICC8"
        body.vitalStatus.value = Vocabulary.coded(Vocabulary.VitalStatus.alive)
        body.smoking = Coded(words: pick(["never", "former", "current"]))
        return GeneratedEntry(
            caseEntry: nil,
            orderEntry: nil,
            draft: try .create(.case, body, links: [LinkField.casePerson: .inThisEntry(change: 0)]),
            identifying: try name.encodedBytes(),
            person: try .create(.person, person),
            day: day
        )
    }

    private mutating func geneResult(_ gene: String, on day: CivilDay) throws(RecordError) -> DraftChange {
        var body = ResultBody()
        body.analyte = Coded(words: gene)
        body.value.coded = Coded(words: pick(["negative", "negative", "positive", "not tested", "failed"]))
        body.specimen = Coded(words: pick(["tissue", "blood"]))
        body.collected = PartialDate(day).schema
        return try .create(.result, body)
    }

    private mutating func pdl1Result(on day: CivilDay) throws(RecordError) -> DraftChange {
        var body = ResultBody()
        body.analyte = Coded(words: "PD-L1")
        let text = pick(["<1%", "1%", "10%", "50%", ">=50%", "90%"])
        body.value.quantity = try Measure(parsing: text).schema
        body.method = Coded(words: pick(["22C3", "28-8", "SP142"]))
        body.collected = PartialDate(day).schema
        return try .create(.result, body)
    }

    private mutating func courseOrder(_ plan: Plan, first: CivilDay) throws(RecordError) -> DraftChange {
        var body = OrderBody()
        body.course.name = "primary"
        body.course.intent = Coded(words: plan.intent)
        body.course.site.site = Coded(words: pick(["upper lobe of lung", "lower lobe of lung", "lung"]))
        body.course.site.laterality = Coded(words: pick(["left", "right"]))
        body.course.technique = Coded(words: plan.technique)
        body.course.modality = Coded(words: "photon")
        body.course.fractions = plan.fractions
        var prescription = Prescription()
        prescription.volume = "PTV"
        prescription.dosePerFraction = try Measure(parsingDose: plan.dose + " Gy").schema
        prescription.totalDose = try Measure(parsingDose: plan.total + " Gy").schema
        body.course.prescriptions = [prescription]
        body.course.firstFraction = PartialDate(first).schema
        body.state.value = Vocabulary.coded(Vocabulary.OrderState.active)
        return try .create(.order, body)
    }

    private mutating func fraction(_ number: UInt32?, of plan: Plan, on day: CivilDay) throws(RecordError)
        -> DraftChange
    {
        var body = GivenBody()
        body.fraction.date = PartialDate(day).schema
        if let number {
            body.fraction.number = number
            body.fraction.dose = try Measure(parsingDose: plan.dose + " Gy").schema
            body.fraction.outcome = .given
        } else {
            body.fraction.outcome = .notGiven
            body.fraction.reason = Text(pick(["machine down", "patient unwell", "设备故障", "患者未到"]))
        }
        return try .create(.given, body)
    }

    private mutating func adverseEvent(on day: CivilDay) throws(RecordError) -> DraftChange {
        var body = EventBody()
        body.type = Vocabulary.coded(Vocabulary.EventType.adverseEvent)
        body.adverseEvent.term = Coded(words: pick(["pneumonitis", "oesophagitis", "fatigue", "皮疹", "rash"]))
        body.adverseEvent.grade = UInt32(1 + random.below(3))
        body.adverseEvent.grading = "CTCAE v5"
        body.period.start = PartialDate(day).schema
        body.serious.answer = body.adverseEvent.grade == 3 ? .yes : .no
        body.outcome = Vocabulary.coded(pick([Vocabulary.EventOutcome.resolved, .resolving, .ongoing]))
        return try .create(.event, body)
    }

    /// Sometimes only the month is known.
    private mutating func partial(_ day: CivilDay) -> ClinicalDate {
        var date = PartialDate(day).schema
        if random.chance(1, of: 4) { date.clearDay() }
        return date
    }

    private func weekday(from day: CivilDay) -> CivilDay {
        var day = day
        while day.isWeekend, let next = day.advanced(byDays: 1) { day = next }
        return day
    }

    private mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
        choices[random.below(choices.count)]
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
private struct SeededNumbers: Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0 to `bound` - 1; the bias is below 2^-50 for the small bounds used here.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func chance(_ part: Int, of whole: Int) -> Bool { below(whole) < part }
}
