/// How the doses of a drug lie to a course of radiotherapy, in days of the calendar.
///
/// A dose from the day of the first fraction to that of the last is concurrent; no days of grace are added. Else the first
/// dose is counted from the last fraction, or the last one before the course to its first fraction. treatment-facts.md, source 001.
package enum TreatmentSequence: Hashable, Sendable {
    case concurrent
    /// The first dose came so many days after the last fraction.
    case after(days: Int64)
    /// The last dose before it came so many days before the first fraction.
    case before(days: Int64)
    /// The course may go on, or something of either is not certain.
    case unknown

    /// - Parameters:
    ///   - doses: Of the drug.
    ///   - fractions: Of the course.
    ///   - isOpen: Whether more fractions may follow, unless as many as prescribed were given.
    ///
    /// The result is nil where nothing was given of one of the two.
    package init?(_ doses: DoseBook, to fractions: FractionBook, isOpen: Bool) {
        let (given, delivered) = (Self.days(doses.given), Self.days(fractions.given))
        guard let firstDose = given.first, let begun = delivered.first, let ended = delivered.last else { return nil }
        let isCertain = doses.given.isCertain && fractions.given.isCertain
        if given.contains(where: { $0 >= begun && $0 <= ended }) {
            self = .concurrent
        } else if firstDose > ended {
            self = isCertain && (fractions.isComplete || !isOpen) ? .after(days: ended.days(to: firstDose)) : .unknown
        } else if isCertain, let last = given.last(where: { $0 < begun }) {
            self = .before(days: last.days(to: begun))
        } else {
            self = .unknown
        }
    }

    package var days: Int64? {
        switch self {
        case .after(let days), .before(let days): days
        case .concurrent, .unknown: nil
        }
    }

    /// The known days of what was delivered, ascending.
    private static func days(_ given: GivenRecords) -> [CivilDay] {
        given.lines.filter { $0.isDelivered && $0.duplicateOf == nil }.compactMap { $0.date?.day }.sorted()
    }
}
