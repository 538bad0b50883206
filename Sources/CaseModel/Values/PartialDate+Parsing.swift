extension PartialDate {
    /// Reads a date with the year first: `2024-03-05`, `2024/3/5`, `20240305`, `2024年3月5日`, `2024-03`, `2024`, with full-width
    /// digits too, a time (`2024-03-05 14:30`) and `about`, `before`, `after`; `today` and `yesterday`.
    ///
    /// - Parameters:
    ///   - text: as typed.
    ///   - today: the calendar day at the site, for `today` and `yesterday`; nil refuses these words.
    /// - Throws: `.illFormedValue`: no such day, a day or month first, a year of two digits; with the two readings.
    package init(parsing text: String, today: CivilDay?) throws(RecordError) {
        var typed = TypedText.folded(text).lowercased()
        if let offset = Self.dayWords[typed] {
            guard let day = today?.advanced(byDays: offset) else {
                throw Self.refused(text, "Write the date itself, for example 2024-03-05.")
            }
            self = PartialDate(day).typed(as: text)
            return
        }
        var qualifier = Qualifier.exact
        for (word, meaning) in Self.qualifierWords where typed.hasPrefix(word) {
            typed = TypedText.folded(String(typed.dropFirst(word.count)))
            qualifier = meaning
            break
        }
        var minuteOfDay: Int?
        if let gap = typed.firstIndex(where: { $0 == " " || $0 == "t" }), typed[gap...].contains(":") {
            minuteOfDay = try Self.minutes(typed[typed.index(after: gap)...], of: text)
            typed = TypedText.folded(String(typed[..<gap]))
        }
        let parts = try Self.parts(typed, of: text)
        guard
            let date = PartialDate(
                year: parts[0],
                month: parts.count > 1 ? parts[1] : nil,
                day: parts.count > 2 ? parts[2] : nil,
                minuteOfDay: minuteOfDay,
                qualifier: qualifier
            )
        else {
            throw RecordError(
                .illFormedValue,
                "There is no date \"\(text)\".",
                remedy: "Check day and month; what is not known can be left out: 2024-03 or 2024."
            )
        }
        self = date.typed(as: text)
    }

    private static let dayWords: [String: Int64] = [
        "today": 0, "yesterday": -1, "今天": 0, "今日": 0, "昨天": -1, "昨日": -1,
    ]

    private static let qualifierWords: [(String, Qualifier)] = [
        ("about ", .about), ("before ", .before), ("after ", .after), ("~", .about), ("约", .about),
        ("<", .before), (">", .after),
    ]

    private static func minutes(_ clock: Substring, of text: String) throws(RecordError) -> Int {
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.utf8.count) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), (0..<24).contains(hour), (0..<60).contains(minute)
        else { throw refused(text, "Write the time as 14:30, after the whole date.") }
        return hour * 60 + minute
    }

    /// Year, month and day as numbers, as many as were typed.
    private static func parts(_ typed: String, of text: String) throws(RecordError) -> [Int] {
        var pieces: [Substring]
        if typed.contains("年") {
            pieces = typed.split(whereSeparator: { "年月日号".contains($0) })
        } else {
            pieces = typed.split(omittingEmptySubsequences: false, whereSeparator: { "-/.".contains($0) })
        }
        guard !pieces.isEmpty, pieces.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isASCII && $0.isNumber } }) else {
            throw refused(text, "Write the year first, for example 2024-03-05, 2024-03 or 2024.")
        }
        if pieces.count == 1, pieces[0].utf8.count == 8 {
            let digits = pieces[0]
            pieces = [digits.prefix(4), digits.dropFirst(4).prefix(2), digits.suffix(2)]
        }
        if pieces.count == 1, pieces[0].utf8.count == 6 {
            throw refused(text, "It could be \(typed.prefix(4))-\(typed.suffix(2)) or a date with a short year.")
        }
        guard pieces.count <= 3, pieces[0].utf8.count == 4,
            pieces.dropFirst().allSatisfy({ (1...2).contains($0.utf8.count) })
        else { throw refused(text, readings(of: pieces)) }
        return pieces.compactMap { Int($0) }
    }

    /// The two dates somebody may have meant who did not write the year first.
    private static func readings(of pieces: [Substring]) -> String {
        let form = "Write the year first, for example 2024-03-05."
        let numbers = pieces.compactMap { Int($0) }
        guard numbers.count == 3 else { return form }
        func date(_ year: Int, _ month: Int, _ day: Int) -> String? {
            CivilDay(year: year < 100 ? 2000 + year : year, month: month, day: day).map(String.init(describing:))
        }
        let (a, b, c) = (numbers[0], numbers[1], numbers[2])
        let meant =
            pieces[2].utf8.count == 4
            ? [date(c, b, a), date(c, a, b)] : [date(a, b, c), date(c, b, a)]
        var readings: [String] = []
        for reading in meant.compactMap(\.self) where !readings.contains(reading) { readings.append(reading) }
        return readings.isEmpty ? form : "It could mean \(readings.joined(separator: " or ")). " + form
    }

    private static func refused(_ text: String, _ remedy: String) -> RecordError {
        RecordError(.illFormedValue, "\"\(text)\" is not a date.", remedy: remedy)
    }
}
