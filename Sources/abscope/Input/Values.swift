import CaseModel
import Schema

/// Typed text as values of the record, with the key it was given under in every error.
enum Values {
    /// A clinical date, year first, or `today` and `yesterday`. No error quotes what identifies a person.
    static func date(
        _ text: String,
        of key: String,
        today: CivilDay? = nil,
        isIdentifying: Bool = false
    ) throws -> PartialDate {
        do {
            return try named(key) { () throws(RecordError) in try PartialDate(parsing: text, today: today) }
        } catch  where isIdentifying {
            throw Failure(.dataError, .notADate, remedy: .notADateRemedy, at: key)
        }
    }

    /// A single day; today where none was typed.
    static func day(_ text: String?, of key: String, today: CivilDay) throws -> CivilDay {
        guard let text else { return today }
        guard let day = try date(text, of: key, today: today).day else {
            throw Failure(.dataError, .notADay(text), at: key)
        }
        return day
    }

    /// The date of something that happened: not after tomorrow, for a clock may be somewhat slow, and not before 1850.
    static func past(
        _ text: String,
        of key: String,
        today: CivilDay,
        isIdentifying: Bool = false
    ) throws -> PartialDate {
        let date = try date(text, of: key, today: today, isIdentifying: isIdentifying)
        let interval = date.interval
        if let earliest = interval.earliest, today.days(to: earliest) > 1 {
            throw Failure(.dataError, .notYet, remedy: .notYetRemedy(String(describing: today)), at: key)
        }
        if let latest = interval.latest, latest.components.year < 1850 {
            throw Failure(.dataError, .longAgo, remedy: .notADateRemedy, at: key)
        }
        return date
    }

    /// A plain number.
    static func decimal(_ text: String, of key: String) throws -> DecimalNumber {
        try named(key) { () throws(RecordError) in try DecimalNumber(parsing: text) }
    }

    /// A number with its unit, as typed.
    static func measure(_ text: String, of key: String) throws -> Measure {
        try named(key) { () throws(RecordError) in try Measure(parsing: text) }
    }

    /// What was found: a number with its unit, or words.
    static func result(_ text: String, of key: String, about analyte: Coded) throws -> ResultValue {
        var value = ResultValue()
        let isNumber = TypedText.folded(text).unicodeScalars.first.map {
            "0123456789<>=≤≥≦≧+-.".unicodeScalars.contains($0)
        }
        if isNumber == true {
            value.quantity = try measure(text, of: key).schema
        } else {
            value.coded = Vocabulary.finding(words: text, of: analyte)
        }
        return value
    }

    /// The size of a lesion, in millimetres where no unit is named.
    static func lesionSize(_ text: String, of key: String) throws -> Measure {
        try named(key) { () throws(RecordError) in
            let size = try Measure(parsing: text, implied: .millimetre)
            try LesionRules.refuseIllFormed(size: size)
            return size
        }
    }

    /// A unit as people type it.
    static func unit(_ text: String, of key: String) throws -> MeasureUnit {
        try named(key) { () throws(RecordError) in try MeasureUnit(parsing: text) }
    }

    /// One of a few words.
    static func choice<Choice: RawRepresentable<String> & CaseIterable>(_ text: String, of key: String) throws -> Choice
    {
        guard let choice = Choice(rawValue: TypedText.folded(text).lowercased()) else {
            throw Failure(.dataError, .notAChoice(text, Choice.allCases.map(\.rawValue)), at: key)
        }
        return choice
    }

    /// A dose with its unit, which is never assumed.
    static func dose(_ text: String, of key: String) throws -> Measure {
        try named(key) { () throws(RecordError) in try Measure(parsingDose: text) }
    }

    /// The dose of a drug, whose unit says what it is calculated from.
    static func drugDose(_ text: String, of key: String) throws -> DrugDose {
        try named(key) { () throws(RecordError) in try DrugDose(parsing: text) }
    }

    /// An age, in years where no unit is named.
    static func age(_ text: String, of key: String) throws -> Measure {
        try named(key) { () throws(RecordError) in try Measure(parsingAge: text) }
    }

    static func wholeNumber(_ text: String, of key: String, in range: ClosedRange<Int>) throws -> Int {
        guard let number = Int(TypedText.folded(text)), range.contains(number) else {
            throw Failure(.dataError, .notAWholeNumber(text, from: range.lowerBound, to: range.upperBound), at: key)
        }
        return number
    }

    /// Days, or weeks: `21`, `21 d`, `3w`.
    static func days(_ text: String, of key: String, in range: ClosedRange<Int>) throws -> Int {
        let typed = TypedText.folded(text).lowercased()
        let digits = typed.prefix { $0.isASCII && $0.isNumber }
        let unit = typed.dropFirst(digits.count).drop { $0 == " " }
        let days: Int? =
            switch unit {
            case "", "d": Int(digits)
            case "w": Int(digits).flatMap { $0 < 1000 ? $0 * 7 : nil }
            default: nil
            }
        guard let days, range.contains(days) else {
            throw Failure(.dataError, .notDays(text, from: range.lowerBound, to: range.upperBound), at: key)
        }
        return days
    }

    static func answer(_ text: String, of key: String) throws -> Answer {
        switch TypedText.folded(text).lowercased() {
        case "yes", "y": return .yes
        case "no", "n": return .no
        case "unknown": return .unknown
        default: throw Failure(.dataError, .notAnAnswer(text), at: key)
        }
    }

    /// What somebody answered, by whom (`by`) and when (`on`, today when not given).
    static func stated(_ text: String, of key: String, _ form: Form, today: CivilDay) throws -> Stated {
        var stated = Stated()
        stated.answer = try answer(text, of: key)
        if let by = form["by"] { stated.by = by }
        stated.date = try form["on"].map { try past($0, of: "on", today: today) }?.schema ?? PartialDate(today).schema
        return stated
    }

    /// From `start` to `end`, both of what has happened; what the form does not say is as it was.
    static func period(_ form: Form, over former: Period, today: CivilDay) throws -> Period {
        var period = former
        if let start = form["start"] { period.start = try past(start, of: "start", today: today).schema }
        if let end = form["end"] { period.end = try past(end, of: "end", today: today).schema }
        if period.hasStart, period.hasEnd, try PartialDate(period.end).isBefore(PartialDate(period.start)) == .pass {
            throw Failure(.dataError, .endsBeforeStart, at: "end")
        }
        return period
    }

    /// A kind of event that is not an adverse event, which has more to say.
    static func eventType(_ text: String, of key: String) throws -> Vocabulary.EventType {
        let type: Vocabulary.EventType = try choice(text, of: key)
        guard type != .adverseEvent else {
            throw Failure(.usage, .useAdverseEvents, at: key)
        }
        return type
    }

    /// Words, which need no code.
    static func coded(_ text: String) -> Coded { Coded(words: text) }

    /// A status: the code a rule acts on where the words name one, else the words.
    static func status(_ text: String, of key: String) -> Coded {
        let word = TypedText.folded(text).lowercased()
        if key == "vital-status" {
            return Vocabulary.VitalStatus(rawValue: word).map(Vocabulary.coded) ?? Coded(words: text)
        }
        return Vocabulary.Participation(rawValue: word).map(Vocabulary.coded) ?? Coded(words: text)
    }

    private static func named<Value>(_ key: String, _ read: () throws(RecordError) -> Value) throws -> Value {
        do throws(RecordError) {
            return try read()
        } catch {
            throw Failure(.dataError, error.message, remedy: error.remedy, at: key)
        }
    }
}
