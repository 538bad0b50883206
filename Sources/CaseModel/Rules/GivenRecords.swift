import Schema

/// What is recorded as given for one order, and how much of it is certain.
///
/// Nothing here changes a record. Where two records may be the same fraction or dose, one is disputed, or entries that may
/// speak of the order are missing, totals are a range and nothing is proposed until an operator has decided.
package struct GivenRecords: Sendable {
    /// How many are ordered.
    package enum Plan: Hashable, Sendable {
        /// In conflict, pending or missing.
        case unknown
        /// As many as somebody decides.
        case open
        case count(UInt32)
    }

    package let form: OrderForm
    package let order: RecordID
    package let plan: Plan
    /// By date where known, then record. Retracted records are left out.
    package let lines: [GivenLine]
    /// Records that may be one fraction or dose, each pair ascending.
    package let suspectedDuplicates: [[RecordID]]
    /// How many were delivered, as a range; up to `Int.max` where nobody can say.
    package let delivered: ClosedRange<Int>
    /// How many entries that may speak of the order are missing here; 0 when it is complete or closed without them.
    package let missingEntries: UInt64

    /// - Parameters:
    ///   - form: What is ordered.
    ///   - order: Of that form.
    ///   - plan: What its settled fields say.
    ///   - perDay: How many are meant to be given in a day.
    ///   - given: Records of kind `given`; those of other orders are not looked at.
    ///   - missing: What is known to be missing here.
    init(
        _ form: OrderForm,
        of order: RecordState,
        plan: Plan,
        perDay: Int,
        given: [RecordState],
        missing: [MissingEntries]
    ) {
        self.form = form
        self.order = order.id
        self.plan = plan
        lines = Self.resolved(given.compactMap { GivenLine($0, of: order.id, form) }.sorted(by: Self.comesFirst))
        let counted = lines.filter { $0.isDelivered && $0.duplicateOf == nil }
        suspectedDuplicates = Self.suspects(among: counted, perDay: perDay)
        let groups = Self.groups(of: counted, pairs: suspectedDuplicates)
        let maybe = lines.count { !$0.isSettled && !($0.isDelivered && $0.duplicateOf == nil) }
        let least = groups.count { $0.contains(where: \.isSettled) }
        let most = max(least, counted.count + maybe)
        if Self.isComplete(plan, lines, least: least) {
            missingEntries = 0
            delivered = least...most
        } else {
            missingEntries = order.concerned(by: missing).reduce(0) { $0 + $1.count }
            delivered = least...(missingEntries > 0 ? max(most, plan.most) : most)
        }
    }

    /// True when nothing keeps the next one from being proposed.
    package var isCertain: Bool {
        plan != .unknown && suspectedDuplicates.isEmpty && missingEntries == 0 && lines.allSatisfy(\.isSettled)
    }

    /// True when as many were delivered for certain as are ordered; those beyond the plan do not count.
    package var isComplete: Bool { Self.isComplete(plan, lines, least: delivered.lowerBound) }

    /// What was delivered on a day.
    package func delivered(on day: CivilDay) -> [GivenLine] {
        lines.filter { $0.isDelivered && $0.duplicateOf == nil && $0.date?.day == day }
    }

    private static func isComplete(_ plan: Plan, _ lines: [GivenLine], least: Int) -> Bool {
        guard case .count(let planned) = plan else { return false }
        return least - lines.count { $0.isDelivered && $0.duplicateOf == nil && $0.role == .extra } >= Int(planned)
    }

    private static func comesFirst(_ left: GivenLine, _ right: GivenLine) -> Bool {
        let days = (left.date?.day ?? .last, right.date?.day ?? .last)
        return days.0 != days.1 ? days.0 < days.1 : left.record < right.record
    }

    /// A mark that leads nowhere, to another mark or in a circle decides nothing: both records stay, and are uncertain.
    private static func resolved(_ lines: [GivenLine]) -> [GivenLine] {
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

    /// Which fraction or dose of the plan a record says it is.
    private struct Place: Hashable {
        var number: UInt32
        var dayOfCycle: UInt32?
    }

    /// Delivered records are suspected when they are the same one of the plan, or when a day has more of them than the plan
    /// or their roles explain.
    private static func suspects(among lines: [GivenLine], perDay: Int) -> [[RecordID]] {
        var pairs: Set<[RecordID]> = []
        func suspect(_ group: [GivenLine], beyond most: Int) {
            guard group.count > most else { return }
            for (one, two) in zip(group, group.dropFirst()) { pairs.insert([one.record, two.record].sorted()) }
        }
        let places = Dictionary(grouping: lines) { line in
            line.number.map { Place(number: $0, dayOfCycle: line.dayOfCycle) }
        }
        for (place, group) in places where place != nil { suspect(group, beyond: 1) }
        for (day, group) in Dictionary(grouping: lines, by: { $0.date?.day }) where day != nil {
            suspect(group.filter { perDay > 1 ? $0.role != .extra : $0.role == .unspecified }, beyond: perDay)
        }
        return pairs.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Lines that may be one fraction or dose together, the others alone.
    static func groups(of lines: [GivenLine], pairs: [[RecordID]]) -> [[GivenLine]] {
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

extension GivenRecords.Plan {
    /// How many may have been given when nobody can say.
    fileprivate var most: Int {
        switch self {
        case .unknown: 0
        case .open: .max
        case .count(let count): Int(count)
        }
    }
}
