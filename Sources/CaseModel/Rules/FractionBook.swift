package import Schema

/// The fractions of one course: what was prescribed, what was given, what comes next.
package struct FractionBook: Sendable {
    /// nil while the prescription is in conflict, pending or missing.
    package let prescribed: Course?
    package let given: GivenRecords
    package let findings: [Finding]

    /// - Parameters:
    ///   - course: An order of kind `order` with a course.
    ///   - given: Records of kind `given`; those of other orders are not looked at.
    ///   - missing: What is known to be missing here.
    package init(course: RecordState, given: [RecordState], missing: [MissingEntries] = []) {
        let order = course.settledBody(OrderBody.self).body
        prescribed = order.hasCourse ? order.course : nil
        self.given = GivenRecords(
            .course,
            of: course,
            plan: prescribed.map { .count($0.fractions) } ?? .unknown,
            perDay: max(1, prescribed.map { Int($0.fractionsPerDay) } ?? 1),
            given: given,
            missing: missing
        )
        findings = FractionRules.findings(
            in: self.given,
            order: order,
            prescribed: prescribed,
            dosePerFraction: Self.dosePerFraction(prescribed)
        )
    }

    package var course: RecordID { given.order }
    package var lines: [GivenLine] { given.lines }
    package var suspectedDuplicates: [[RecordID]] { given.suspectedDuplicates }
    /// Fractions delivered, as a range.
    package var delivered: ClosedRange<Int> { given.delivered }
    package var missingEntries: UInt64 { given.missingEntries }
    package var isCertain: Bool { given.isCertain }
    package var isComplete: Bool { given.isComplete }

    /// The number of the next fraction; nil when the course is complete or uncertain.
    package var nextNumber: UInt32? { number(after: lines.count(where: \.countsForPlan)) }

    /// The number of the fraction that comes after `count` of the plan; as ``nextNumber``.
    func number(after count: Int) -> UInt32? {
        guard isCertain, let prescribed, count < prescribed.fractions else { return nil }
        return UInt32(count) + 1
    }

    /// The dose delivered to the first prescribed volume, least and most; nil when a dose is unknown or in another
    /// unit, or entries are missing. A fraction without a dose of its own counts as prescribed, a partial one does not.
    package var deliveredDose: (least: Measure, most: Measure)? {
        guard missingEntries == 0, let perFraction = dosePerFraction else { return nil }
        func dose(_ line: GivenLine) -> DecimalNumber? {
            let dose = line.dose ?? (line.outcome == .given ? perFraction : nil)
            return dose?.unit == perFraction.unit ? dose?.value : nil
        }
        func sum(_ doses: [DecimalNumber]) -> DecimalNumber? {
            doses.reduce(DecimalNumber(0)) { sum, dose in sum.flatMap { $0.adding(dose) } }
        }
        let all = lines.filter { $0.duplicateOf == nil && ($0.isDelivered || !$0.isSettled) }
        let doses = all.compactMap(dose)
        let settled = all.filter { $0.isSettled && $0.isDelivered }
        let certain = GivenRecords.groups(of: settled, pairs: suspectedDuplicates)
            .compactMap { $0.compactMap(dose).min { $0.compare(to: $1) < 0 } }
        guard doses.count == all.count, let most = sum(doses), let least = sum(certain) else { return nil }
        return (Measure(least, perFraction.unit), Measure(most, perFraction.unit))
    }

    /// As prescribed to the first volume; nil when it is missing or unreadable.
    package var dosePerFraction: Measure? { Self.dosePerFraction(prescribed) }

    private static func dosePerFraction(_ prescribed: Course?) -> Measure? {
        guard let prescription = prescribed?.prescriptions.first else { return nil }
        do throws(RecordError) { return try Measure(prescription.dosePerFraction) } catch { return nil }
    }
}
