package import Schema

/// The fractions of one course: what was prescribed, what was given, what comes next.
///
/// Nothing here changes a record. Where two records may be the same fraction, one is disputed, or entries that may speak
/// of the course are missing, totals are a range and no next fraction is proposed until an operator has decided.
package struct FractionBook: Sendable {
    /// One record of a fraction.
    package struct Line: Hashable, Sendable {
        /// What in the record itself keeps it from being counted.
        package enum Doubt: Hashable, Sendable {
            /// A date or a dose that is none.
            case unreadableValue
            /// Whether it was given is not stated, or in words of a newer version.
            case noOutcome
            /// Marked as a duplicate of a record that does not count.
            case duplicateOfNone
        }

        package var record: RecordID
        package var number: UInt32?
        package var date: PartialDate?
        package var dose: Measure?
        package var outcome: GivenOutcome
        package var role: FractionRole
        /// False while in conflict, pending, obscured, disputed, or in ``doubt``.
        package var isSettled: Bool
        package var doubt: Doubt?
        /// Another record of the same fraction this one was marked a duplicate of; that one is delivered and no duplicate.
        package var duplicateOf: RecordID?
        /// The site's calendar day when the record was made.
        package var enteredOn: CivilDay?

        package var isDelivered: Bool { outcome == .given || outcome == .partial }
    }

    package var course: RecordID
    /// nil while the prescription is in conflict, pending or missing.
    package var prescribed: Course?
    /// By date where known, then record. Retracted records are left out.
    package var lines: [Line]
    /// Records that may be one fraction, each pair ascending.
    package var suspectedDuplicates: [[RecordID]]
    /// Fractions delivered, as a range.
    package var delivered: ClosedRange<Int>
    /// How many entries that may speak of the course are missing here; 0 when it is complete or closed without them.
    package var missingEntries: UInt64
    package var findings: [Finding]

    /// - Parameters:
    ///   - course: an order of kind `order` with a course.
    ///   - given: records of kind `given`; those of other orders are not looked at.
    ///   - missing: what is known to be missing here.
    package init(course: RecordState, given: [RecordState], missing: [MissingEntries] = []) {
        self.course = course.id
        let order = course.settledBody(OrderBody.self).body
        prescribed = order.hasCourse ? order.course : nil
        lines = Self.resolved(given.compactMap { Line($0, course: course.id) }.sorted(by: Self.comesFirst))
        let perDay = max(1, prescribed.map { Int($0.fractionsPerDay) } ?? 1)
        let counted = lines.filter { $0.isDelivered && $0.duplicateOf == nil }
        suspectedDuplicates = Self.suspects(among: counted, perDay: perDay)
        let groups = Self.groups(of: counted, pairs: suspectedDuplicates)
        let maybe = lines.count { !$0.isSettled && !($0.isDelivered && $0.duplicateOf == nil) }
        let least = groups.count { $0.contains(where: \.isSettled) }
        delivered = least...max(least, counted.count + maybe)
        missingEntries = 0
        findings = []
        if !isComplete {
            missingEntries = course.concerned(by: missing).reduce(0) { $0 + $1.count }
            let most = missingEntries > 0 ? prescribed.map { Int($0.fractions) } ?? 0 : 0
            delivered = least...max(delivered.upperBound, most)
        }
        findings = FractionRules.findings(in: self, order: order, state: course)
    }

    /// True when nothing keeps the next fraction from being proposed.
    package var isCertain: Bool {
        prescribed != nil && suspectedDuplicates.isEmpty && missingEntries == 0 && lines.allSatisfy(\.isSettled)
    }

    /// The number of the next fraction; nil when the course is complete or uncertain.
    package var nextNumber: UInt32? { number(after: lines.count(where: \.countsForPlan)) }

    /// The number of the fraction that comes after `count` of the plan; as ``nextNumber``.
    func number(after count: Int) -> UInt32? {
        guard isCertain, let prescribed, count < prescribed.fractions else { return nil }
        return UInt32(count) + 1
    }

    /// True when as many were delivered for certain as are prescribed; those beyond the plan do not count.
    package var isComplete: Bool {
        let extra = lines.count { $0.isDelivered && $0.duplicateOf == nil && $0.role == .extra }
        return prescribed.map { delivered.lowerBound - extra >= Int($0.fractions) } ?? false
    }

    /// Fractions delivered on a day.
    package func delivered(on day: CivilDay) -> [Line] {
        lines.filter { $0.isDelivered && $0.duplicateOf == nil && $0.date?.day == day }
    }

    /// The dose delivered to the first prescribed volume, least and most; nil when a dose is unknown or in another
    /// unit, or entries are missing. A fraction without a dose of its own counts as prescribed, a partial one does not.
    package var deliveredDose: (least: Measure, most: Measure)? {
        guard missingEntries == 0, let perFraction = dosePerFraction else { return nil }
        func dose(_ line: Line) -> DecimalNumber? {
            let dose = line.dose ?? (line.outcome == .given ? perFraction : nil)
            return dose?.unit == perFraction.unit ? dose?.value : nil
        }
        func sum(_ doses: [DecimalNumber]) -> DecimalNumber? {
            doses.reduce(DecimalNumber(0)) { sum, dose in sum.flatMap { $0.adding(dose) } }
        }
        let all = lines.filter { $0.duplicateOf == nil && ($0.isDelivered || !$0.isSettled) }
        let doses = all.compactMap(dose)
        let certain = Self.groups(of: all.filter { $0.isSettled && $0.isDelivered }, pairs: suspectedDuplicates)
            .compactMap { $0.compactMap(dose).min { $0.compare(to: $1) < 0 } }
        guard doses.count == all.count, let most = sum(doses), let least = sum(certain) else { return nil }
        return (Measure(least, perFraction.unit), Measure(most, perFraction.unit))
    }

    /// As prescribed to the first volume; nil when it is missing or unreadable.
    package var dosePerFraction: Measure? {
        guard let prescription = prescribed?.prescriptions.first else { return nil }
        do throws(RecordError) { return try Measure(prescription.dosePerFraction) } catch { return nil }
    }

    private static func comesFirst(_ left: Line, _ right: Line) -> Bool {
        let days = (left.date?.day ?? .last, right.date?.day ?? .last)
        return days.0 != days.1 ? days.0 < days.1 : left.record < right.record
    }

    /// A mark that leads nowhere, to another mark or in a circle decides nothing: both records stay, and are uncertain.
    private static func resolved(_ lines: [Line]) -> [Line] {
        let originals = Set(lines.filter { $0.isDelivered && $0.duplicateOf == nil }.map(\.record))
        return lines.map { line in
            guard let original = line.duplicateOf, !originals.contains(original) else { return line }
            var line = line
            line.duplicateOf = nil
            line.isSettled = false
            line.doubt = line.doubt ?? .duplicateOfNone
            return line
        }
    }

    /// Delivered records are suspected when they carry the same number, or when a day has more of them than the plan
    /// or their roles explain.
    private static func suspects(among lines: [Line], perDay: Int) -> [[RecordID]] {
        var pairs: Set<[RecordID]> = []
        func suspect(_ group: [Line], beyond most: Int) {
            guard group.count > most else { return }
            for (one, two) in zip(group, group.dropFirst()) { pairs.insert([one.record, two.record].sorted()) }
        }
        for (number, group) in Dictionary(grouping: lines, by: \.number) where number != nil {
            suspect(group, beyond: 1)
        }
        for (day, group) in Dictionary(grouping: lines, by: { $0.date?.day }) where day != nil {
            suspect(group.filter { perDay > 1 ? $0.role != .extra : $0.role == .unspecified }, beyond: perDay)
        }
        return pairs.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Lines that may be one fraction together, the others alone.
    private static func groups(of lines: [Line], pairs: [[RecordID]]) -> [[Line]] {
        var above: [RecordID: RecordID] = [:]
        func root(_ record: RecordID) -> RecordID {
            var record = record
            while let next = above[record] { record = next }
            return record
        }
        for pair in pairs where root(pair[0]) != root(pair[1]) { above[root(pair[1])] = root(pair[0]) }
        return Array(Dictionary(grouping: lines) { root($0.record) }.values)
    }
}

extension FractionBook.Line {
    /// Whether it takes a number of the plan: delivered, and not beyond the plan on purpose.
    var countsForPlan: Bool { isDelivered && duplicateOf == nil && role != .extra }
}

extension FractionBook.Line {
    /// nil for another order's record, a drug dose, and what was retracted.
    fileprivate init?(_ state: RecordState, course: RecordID) {
        guard state.kind == .given, state.standing != .retracted else { return nil }
        let orders = state[LinkField.givenOrder]?.candidates.map(\.content) ?? []
        guard orders.contains(.link(course)) else { return nil }
        let shown = state.displayedBody(GivenBody.self)
        guard shown.body.hasFraction || shown.unreadableFields.contains(2) else { return nil }
        let fraction = shown.body.fraction
        record = state.id
        enteredOn = state.change(state.id)?.context.recorded.day
        number = fraction.hasNumber ? fraction.number : nil
        outcome = fraction.outcome
        role = fraction.role
        date = nil
        dose = nil
        switch outcome {
        case .given, .partial, .notGiven: doubt = nil
        default: doubt = .noOutcome
        }
        do throws(RecordError) {
            if fraction.hasDate { date = try PartialDate(fraction.date) }
            if fraction.hasDose { dose = try Measure(fraction.dose) }
        } catch {
            doubt = .unreadableValue
        }
        isSettled =
            doubt == nil && shown.unreadableFields.isEmpty && state.standing == .standing && state.pending.isEmpty
            && state.fields.allSatisfy { $0.settled != nil }
        duplicateOf = state.settledLink(LinkField.givenDuplicateOf)
    }
}
