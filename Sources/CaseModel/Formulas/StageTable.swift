/// The stage groups of lung cancer by T, N and M in one edition of the TNM system.
///
/// Sources: 6th, Mountain, Chest 1997; 111:1710; 7th, Goldstraw, J Thorac Oncol 2007; 2:706; 8th, Goldstraw, J Thorac Oncol 2016; 11:39
/// (AJCC and UICC agree); 9th, Rami-Porta, J Thorac Oncol 2024; 19:1007, of which only rows that were checked are here.
package struct StageTable: Sendable {
    /// `8`.
    package let edition: String
    /// Whether a combination without a row has no group here, and is not one that does not exist.
    package let isIncomplete: Bool
    /// What a category without its subcategory may stand for.
    private let subcategories: [String: [String]]
    /// Groups without distant metastases, by T and N.
    private let groups: [String: [String: String]]
    /// Groups with distant metastases, whatever T and N.
    private let metastatic: [String: String]

    /// What a staging comes to.
    package struct Answer: Hashable, Sendable {
        /// The group, when it is one.
        package var group: String? { candidates.count == 1 ? candidates[0] : nil }
        /// All it may be, in the order of the stages.
        package var candidates: [String]
        /// Why there is no single group; nil when there is.
        package var reason: Reason?
    }

    /// Why there is no single group.
    package enum Reason: Hashable, Sendable {
        /// A category stands for several, and they have different groups.
        case severalSubcategories
        /// What was not assessed would decide it.
        case notAssessed
        /// Without a primary tumour the table has no row.
        case noPrimary
        /// There is no table for the edition, or no row for the combination.
        case noTable
        /// The edition does not divide the category so, or has none of the name.
        case notInEdition
    }

    /// - Returns: nil for an edition of which no table is here.
    package init?(edition: String) {
        guard let table = Self.all.first(where: { $0.edition == edition }) else { return nil }
        self = table
    }

    package static let editions: [String] = all.map(\.edition)

    /// What a staging comes to in an edition of which there may be no table.
    package static func answer(_ categories: TumourCategories, inEdition edition: String) -> Answer {
        StageTable(edition: edition)?.answer(categories) ?? Answer(candidates: [], reason: .noTable)
    }

    package func answer(_ categories: TumourCategories) -> Answer {
        let tumours = subcategories[categories.tumour] ?? []
        let nodes = subcategories[categories.nodes] ?? []
        let metastases = subcategories[categories.metastases] ?? []
        guard !tumours.isEmpty, !nodes.isEmpty, !metastases.isEmpty else {
            return Answer(candidates: [], reason: .notInEdition)
        }
        var candidates: [String] = []
        var lacksRow = false
        func note(_ group: String?) {
            guard let group else { return lacksRow = true }
            if !candidates.contains(group) { candidates.append(group) }
        }
        guard categories.metastases != "MX" else { return Answer(candidates: [], reason: .notAssessed) }
        if categories.metastases != "M0" {
            for category in metastases { note(metastatic[category]) }
        } else if categories.tumour == "TX", categories.nodes == "N0" {
            return Answer(candidates: ["occult carcinoma"], reason: nil)
        } else if categories.tumour == "TX" || categories.nodes == "NX" {
            return Answer(candidates: [], reason: .notAssessed)
        } else if categories.tumour == "T0" {
            return Answer(candidates: [], reason: .noPrimary)
        } else {
            for tumour in tumours { for node in nodes { note(groups[tumour]?[node]) } }
        }
        // One row that is missing may be the one that is meant.
        if lacksRow { return Answer(candidates: [], reason: .noTable) }
        return Answer(candidates: candidates, reason: candidates.count == 1 ? nil : .severalSubcategories)
    }
}

extension StageTable {
    private init(
        _ edition: String,
        isIncomplete: Bool = false,
        subcategories: [String: [String]],
        groups: [String: [String]],
        nodes: [String],
        metastatic: [String: String]
    ) {
        self.edition = edition
        self.isIncomplete = isIncomplete
        self.metastatic = metastatic
        self.groups = groups.mapValues { row in
            Dictionary(uniqueKeysWithValues: zip(nodes, row).filter { !$0.1.isEmpty })
        }
        var all = subcategories
        // A category that is not divided stands for itself.
        let known = Array(groups.keys) + nodes + Array(metastatic.keys) + ["TX", "T0", "NX", "MX", "M0"]
        for category in known where all[category] == nil { all[category] = [category] }
        self.subcategories = all
    }

    private static let all: [StageTable] = [
        StageTable(
            "6",
            subcategories: [:],
            groups: [
                "Tis": ["0", "", "", ""], "T1": ["IA", "IIA", "IIIA", "IIIB"], "T2": ["IB", "IIB", "IIIA", "IIIB"],
                "T3": ["IIB", "IIIA", "IIIA", "IIIB"], "T4": ["IIIB", "IIIB", "IIIB", "IIIB"],
            ],
            nodes: ["N0", "N1", "N2", "N3"],
            metastatic: ["M1": "IV"]
        ),
        StageTable(
            "7",
            subcategories: ["T1": ["T1a", "T1b"], "T2": ["T2a", "T2b"], "M1": ["M1a", "M1b"]],
            groups: [
                "Tis": ["0", "", "", ""], "T1a": ["IA", "IIA", "IIIA", "IIIB"], "T1b": ["IA", "IIA", "IIIA", "IIIB"],
                "T2a": ["IB", "IIA", "IIIA", "IIIB"], "T2b": ["IIA", "IIB", "IIIA", "IIIB"],
                "T3": ["IIB", "IIIA", "IIIA", "IIIB"], "T4": ["IIIA", "IIIA", "IIIB", "IIIB"],
            ],
            nodes: ["N0", "N1", "N2", "N3"],
            metastatic: ["M1a": "IV", "M1b": "IV"]
        ),
        StageTable(
            "8",
            subcategories: [
                // T1mi is no T1 of which only the size was not said: it counts as T1a.
                "T1": ["T1a", "T1b", "T1c"], "T2": ["T2a", "T2b"], "M1": ["M1a", "M1b", "M1c"],
            ],
            groups: [
                "Tis": ["0", "", "", ""], "T1mi": ["IA1", "IIB", "IIIA", "IIIB"],
                "T1a": ["IA1", "IIB", "IIIA", "IIIB"],
                "T1b": ["IA2", "IIB", "IIIA", "IIIB"], "T1c": ["IA3", "IIB", "IIIA", "IIIB"],
                "T2a": ["IB", "IIB", "IIIA", "IIIB"], "T2b": ["IIA", "IIB", "IIIA", "IIIB"],
                "T3": ["IIB", "IIIA", "IIIB", "IIIC"], "T4": ["IIIA", "IIIA", "IIIB", "IIIC"],
            ],
            nodes: ["N0", "N1", "N2", "N3"],
            metastatic: ["M1a": "IVA", "M1b": "IVA", "M1c": "IVB"]
        ),
        StageTable(
            "9",
            isIncomplete: true,
            subcategories: [
                "T1": ["T1a", "T1b", "T1c"], "T2": ["T2a", "T2b"], "N2": ["N2a", "N2b"], "M1c": ["M1c1", "M1c2"],
                "M1": ["M1a", "M1b", "M1c1", "M1c2"], "N0": ["N0"], "N3": ["N3"], "Tis": ["Tis"], "M1a": ["M1a"],
                "M1b": ["M1b"],
            ],
            groups: [
                "T1mi": ["IIA", "IIB", "IIIA"], "T1a": ["IIA", "IIB", "IIIA"], "T1b": ["IIA", "IIB", "IIIA"],
                "T1c": ["IIA", "IIB", "IIIA"], "T2a": ["", "IIIA", "IIIB"], "T2b": ["", "IIIA", ""],
                "T3": ["", "IIIA", "IIIA"], "T4": ["", "IIIB", "IIIB"],
            ],
            nodes: ["N1", "N2a", "N2b"],
            metastatic: ["M1c1": "IVB", "M1c2": "IVB"]
        ),
    ]
}
