package import Schema

/// What a rule of a protocol asks: a closed list, so that every verdict can be explained. Each says what is acceptable: pass
/// means that it is so, for rules of exclusion too. Protocol/settings.md describes them.
package indirect enum RuleForm: Hashable, Sendable {
    /// A statement was answered so, at most so many days before.
    case statement(question: String, topic: String?, answer: Answer, withinDays: Int64?)
    /// It did not happen, or longer ago than so many months: a statement, and where the answer is yes its date.
    case notWithin(question: String, months: Int)
    /// How the disease was proven, and what it is.
    case diagnosis(methods: [String], histology: [String], others: [String])
    /// The group that T, N and M come to in an edition.
    case stage(edition: String, groups: [String])
    /// Completed years, both ends included.
    case age(from: Int, to: Int)
    /// The latest result compares so.
    case result(analyte: String, Comparison, Measure, method: String?, withinDays: Int64?)
    /// The latest result is one of these words.
    case words(analyte: String, [String])
    /// The latest result of each lies within the range of its laboratory.
    case normal(analytes: [String])
    /// Each was tested, whatever came of it.
    case tested(analytes: [String])
    /// Courses to these sites (or to all others) go by one of these techniques, and fractions are larger than so much.
    case course(sites: [String], isOthers: Bool, techniques: [String], dosePerFractionAbove: Measure?)
    /// A course to one of these sites prescribes to each of these volumes.
    case prescribed(sites: [String], volumes: [String])
    /// Nothing was given before.
    case untreated
    /// Consent to each was given by the first treatment.
    case consent(topics: [String])
    case notPregnant
    /// The day lies so many days after the last fraction of a course to one of these sites (any, without) that is over.
    case window(from: Int64, to: Int64, sites: [String])
    /// So many lesions are known at most.
    case lesions(atMost: Int)
    case any([RuleForm])
    case all([RuleForm])
    /// Asked only where the first holds.
    case when(RuleForm, RuleForm)
    /// What does not hold is a note, and fails nothing.
    case advice(RuleForm)
    /// Derived from other rules of the protocol, which stand before.
    case rules([String])
    /// Nothing that is recorded can decide it.
    case judgement
}

extension RuleForm {
    /// - Throws: `.illFormedFile` naming the member that is wrong.
    init(_ value: JSONValue, at place: String) throws(RecordError) {
        let object = JSONObject(value, at: place, describedIn: Setting.page)
        func only(_ names: String...) throws(RecordError) { try object.allow(Set(names + ["is"])) }
        func forms(_ name: String) throws(RecordError) -> [RuleForm] {
            var forms: [RuleForm] = []
            for (index, form) in try object.array(name).enumerated() {
                forms.append(try RuleForm(form, at: "\(place).\(name)[\(index)]"))
            }
            guard !forms.isEmpty else { throw object.refused(name, "is empty") }
            return forms
        }
        func form(_ name: String) throws(RecordError) -> RuleForm {
            guard let form = value[name] else { throw object.refused(name, "is missing") }
            return try RuleForm(form, at: "\(place).\(name)")
        }
        switch try object.text("is") {
        case "statement":
            try only("question", "topic", "answer", "within_days")
            let answers: [String: Answer] = ["yes": .yes, "no": .no]
            guard let answer = answers[try object.text("answer")] else {
                throw object.refused("answer", "is neither yes nor no")
            }
            self = .statement(
                question: try object.text("question"),
                topic: try object.optionalText("topic"),
                answer: answer,
                withinDays: try object.optionalWhole("within_days")
            )
        case "not within":
            try only("question", "months")
            self = .notWithin(
                question: try object.text("question"),
                months: Int(try object.whole("months", in: 1...1_200))
            )
        case "diagnosis":
            try only("methods", "histology", "others")
            self = .diagnosis(
                methods: try object.texts("methods"),
                histology: try object.texts("histology"),
                others: try object.texts("others", orEmpty: true)
            )
        case "stage":
            try only("edition", "groups")
            let edition = try object.text("edition")
            guard StageTable.editions.contains(edition) else { throw object.refused("edition", "has no table") }
            self = .stage(edition: edition, groups: try object.texts("groups"))
        case "age":
            try only("from", "to")
            self = .age(
                from: Int(try object.whole("from", in: 0...150)),
                to: Int(try object.whole("to", in: 0...150))
            )
        case "result":
            try only("analyte", "compare", "limit", "method", "within_days")
            guard let comparison = Comparison(rawValue: try object.text("compare")), comparison != .equal else {
                throw object.refused("compare", "is none of <, <=, >= and >")
            }
            self = .result(
                analyte: try object.text("analyte"),
                comparison,
                try Measure(parsing: try object.text("limit")),
                method: try object.optionalText("method"),
                withinDays: try object.optionalWhole("within_days")
            )
        case "words":
            try only("analyte", "in")
            self = .words(analyte: try object.text("analyte"), try object.texts("in"))
        case "normal":
            try only("analytes")
            self = .normal(analytes: try object.texts("analytes"))
        case "tested":
            try only("analytes")
            self = .tested(analytes: try object.texts("analytes"))
        case "course":
            try only("sites", "other_than", "techniques", "dose_per_fraction_above")
            let isOthers = value["other_than"] != nil
            self = .course(
                sites: try object.texts(isOthers ? "other_than" : "sites"),
                isOthers: isOthers,
                techniques: try object.texts("techniques", orEmpty: true),
                dosePerFractionAbove: try object.optionalText("dose_per_fraction_above")
                    .map { text throws(RecordError) in try Measure(parsingDose: text) }
            )
        case "prescribed":
            try only("sites", "volumes")
            self = .prescribed(sites: try object.texts("sites"), volumes: try object.texts("volumes"))
        case "untreated":
            try only()
            self = .untreated
        case "consent":
            try only("topics")
            self = .consent(topics: try object.texts("topics"))
        case "not pregnant":
            try only()
            self = .notPregnant
        case "window":
            try only("from", "to", "sites")
            self = .window(
                from: try object.whole("from", in: -3_650...3_650),
                to: try object.whole("to", in: -3_650...3_650),
                sites: try object.texts("sites", orEmpty: true)
            )
        case "lesions":
            try only("at_most")
            self = .lesions(atMost: Int(try object.whole("at_most", in: 0...1_000)))
        case "any":
            try only("of")
            self = .any(try forms("of"))
        case "all":
            try only("of")
            self = .all(try forms("of"))
        case "when":
            try only("if", "then")
            self = .when(try form("if"), try form("then"))
        case "advice":
            try only("of")
            self = .advice(try form("of"))
        case "rules":
            try only("of")
            self = .rules(try object.texts("of"))
        case "judgement":
            try only()
            self = .judgement
        default: throw object.refused("is", "is no form this version knows")
        }
    }
}

extension JSONObject {
    /// A whole number, written as text.
    func whole(_ name: String, in range: ClosedRange<Int64>) throws(RecordError) -> Int64 {
        guard let number = Int64(try text(name)), range.contains(number) else {
            throw refused(name, "is no whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func optionalWhole(_ name: String) throws(RecordError) -> Int64? {
        value[name] == nil ? nil : try whole(name, in: 0...36_500)
    }
}
