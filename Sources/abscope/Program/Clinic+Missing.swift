import CaseModel
import LogFormat

// What was recorded and is not here, as commands say it.
extension Clinic {
    /// Entries that a person has taken for lost and that are not shown.
    var lostEntries: UInt64 { missing.filter(\.isAccepted).reduce(0) { $0 + $1.count } }

    /// Where they were: `GY records, positions 12 to 40`.
    var lostPlaces: [String] { places(missing.filter(\.isAccepted)) }

    /// Entries that the view lacks, for an answer that would be given from less.
    ///
    /// * isStaleGood: it is to be given all the same, and marked.
    /// - Throws: 75 where there are some and that is not so.
    func missingEntries(isStaleGood: Bool) throws -> UInt64 {
        let count = missingEntries
        guard count == 0 || isStaleGood else {
            throw Failure(.temporary, .missing(.refused(count)), remedy: .missing(.refusedRemedy))
        }
        return count
    }

    /// What is missing and may concern a case; all of it while nothing of the case is here.
    func missing(for caseState: RecordState?) -> [MissingEntries] { caseState?.concerned(by: missing) ?? missing }

    /// Says that entries are missing which may concern a case.
    func tell(_ missing: [MissingEntries], on console: Console) {
        guard !missing.isEmpty else { return }
        console.line(.missing(.mayConcernCase(missing.reduce(0) { $0 + $1.count }, places(missing))))
    }

    /// At most a few of them.
    func places(_ missing: [MissingEntries]) -> [String] {
        let shown = missing.prefix(4).map { stretch in
            let (first, last) = (stretch.positions.lowerBound, stretch.positions.upperBound)
            return "\(names.feed(stretch.feed)), " + say(.positions(from: first, to: last))
        }
        return missing.count > shown.count ? shown + ["…"] : shown
    }

    /// The members of a JSON document that say what its answer lacks.
    func missingMembers(_ missing: [MissingEntries]) -> [(String, JSON)] {
        func count(_ stretches: [MissingEntries]) -> JSON { JSON(stretches.reduce(UInt64(0)) { $0 + $1.count }) }
        let rows = missing.map { stretch in
            JSON.object([
                ("feed", .string(String(describing: stretch.feed))), ("site", .string(names.site(stretch.feed.site))),
                ("lane", .string(stretch.feed.lane.name)),
                ("positions", .array([JSON(stretch.positions.lowerBound), JSON(stretch.positions.upperBound)])),
                ("accepted", .bool(stretch.isAccepted)),
            ])
        }
        return [
            ("missing_entries", count(missing.filter { !$0.isAccepted })),
            ("lost_entries", count(missing.filter(\.isAccepted))), ("missing", .array(rows)),
        ]
    }
}
