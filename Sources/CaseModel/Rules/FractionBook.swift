package import Schema

/// The fractions of one course: what was prescribed, what was given, what comes next.
///
/// Nothing here changes a record. Where two records may be the same fraction, or one is disputed, totals are a range and
/// no next fraction is proposed until an operator has decided.
package struct FractionBook: Sendable {
    /// One record of a fraction.
    package struct Line: Hashable, Sendable {
        package var record: RecordID
        package var number: UInt32?
        package var date: PartialDate?
        package var dose: Measure?
        package var outcome: GivenOutcome
        package var role: FractionRole
        /// False while in conflict, pending, obscured or disputed.
        package var isSettled: Bool
        /// Another record of the same fraction this one was marked a duplicate of.
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
    package var findings: [Finding]

    /// - Parameters:
    ///   - course: an order of kind `order` with a course.
    ///   - given: records of kind `given`; those of other orders are not looked at.
    package init(course: RecordState, given: [RecordState]) {
        self.course = course.id
        let order = course.settledBody(OrderBody.self).body
        prescribed = order.hasCourse ? order.course : nil
        lines = given.compactMap { Line($0, course: course.id) }.sorted(by: Self.comesFirst)
        let perDay = max(1, prescribed.map { Int($0.fractionsPerDay) } ?? 1)
        let counted = lines.filter { $0.isDelivered && $0.duplicateOf == nil }
        suspectedDuplicates = Self.suspects(among: counted, perDay: perDay)
        delivered = Self.range(of: counted, uncertain: lines.filter { !$0.isSettled }, pairs: suspectedDuplicates)
        findings = []
        findings = FractionRules.findings(in: self, order: order, state: course)
    }

    /// True when nothing keeps the next fraction from being proposed.
    package var isCertain: Bool {
        prescribed != nil && suspectedDuplicates.isEmpty && lines.allSatisfy(\.isSettled)
    }

    /// The number of the next fraction; nil when the course is complete or uncertain.
    package var nextNumber: UInt32? {
        guard isCertain, let prescribed else { return nil }
        // What was given beyond the plan on purpose takes no number of the plan.
        let counted = lines.filter { $0.isDelivered && $0.duplicateOf == nil && $0.role != .extra }
        let next = UInt32(counted.count) + 1
        return next <= prescribed.fractions ? next : nil
    }

    /// Fractions delivered on a day.
    package func delivered(on day: CivilDay) -> [Line] {
        lines.filter { $0.isDelivered && $0.duplicateOf == nil && $0.date?.day == day }
    }

    /// The last day a fraction was delivered; nil when none was, or a date is not a single day.
    package var lastDay: CivilDay? { lines.filter(\.isDelivered).compactMap { $0.date?.day }.max() }

    /// The dose delivered to the first prescribed volume, least and most; nil when a dose is unknown or in another
    /// unit. A fraction without a dose of its own counts as prescribed, a partial one does not.
    package var deliveredDose: (least: Measure, most: Measure)? {
        guard let perFraction = dosePerFraction else { return nil }
        var least = DecimalNumber(0)
        var most = DecimalNumber(0)
        let inDoubt = Set(suspectedDuplicates.flatMap { $0.dropFirst() })
        for line in lines where line.duplicateOf == nil && (line.isDelivered || !line.isSettled) {
            let dose = line.dose ?? (line.outcome == .given ? perFraction : nil)
            guard let dose, dose.unit == perFraction.unit, let sum = most.adding(dose.value) else { return nil }
            most = sum
            guard line.isSettled, !inDoubt.contains(line.record) else { continue }
            guard let certain = least.adding(dose.value) else { return nil }
            least = certain
        }
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

    /// Two delivered records are suspected when they carry the same number, or lie on one day without being planned so.
    private static func suspects(among lines: [Line], perDay: Int) -> [[RecordID]] {
        var pairs: [[RecordID]] = []
        for (index, one) in lines.enumerated() {
            for two in lines[(index + 1)...] {
                let sameNumber = one.number != nil && one.number == two.number
                let sameDay = one.date?.day != nil && one.date?.day == two.date?.day
                let onPurpose = perDay > 1 || one.role != .unspecified || two.role != .unspecified
                if sameNumber || (sameDay && !onPurpose) { pairs.append([one.record, two.record].sorted()) }
            }
        }
        return pairs.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Least: what is settled, each group of suspected duplicates once. Most: everything that may be a fraction.
    private static func range(of counted: [Line], uncertain: [Line], pairs: [[RecordID]]) -> ClosedRange<Int> {
        var group: [RecordID: RecordID] = [:]
        func root(_ record: RecordID) -> RecordID {
            var record = record
            while let above = group[record] { record = above }
            return record
        }
        for pair in pairs where root(pair[0]) != root(pair[1]) { group[root(pair[1])] = root(pair[0]) }
        let settled = counted.filter(\.isSettled)
        let least = Set(settled.map { root($0.record) }).count
        let maybe = uncertain.filter { line in !counted.contains { $0.record == line.record } }
        return least...max(least, counted.count + maybe.count)
    }
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
        var isReadable = shown.unreadableFields.isEmpty
        record = state.id
        enteredOn = state.change(state.id)?.context.recorded.day
        number = fraction.hasNumber ? fraction.number : nil
        outcome = fraction.outcome
        role = fraction.role
        date = nil
        dose = nil
        do throws(RecordError) {
            if fraction.hasDate { date = try PartialDate(fraction.date) }
            if fraction.hasDose { dose = try Measure(fraction.dose) }
        } catch {
            isReadable = false
        }
        isSettled = isReadable && state.standing == .standing && state.fields.allSatisfy { $0.settled != nil }
        duplicateOf = state.settledLink(LinkField.givenDuplicateOf)
    }
}
