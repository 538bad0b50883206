extension CSVTable {
    /// Where the columns of some names stand.
    ///
    /// - Parameter names: Each once.
    /// - Returns: Their indices, in the same order.
    /// - Throws: `.illFormedFile`, naming those that are missing.
    package func columns(_ names: [String]) throws(RecordError) -> [Int] {
        var found: [Int] = []
        var missing: [String] = []
        for name in names {
            if let index = header.firstIndex(where: { $0.text == name }) {
                found.append(index)
            } else {
                missing.append(name)
            }
        }
        guard missing.isEmpty else {
            throw RecordError(
                .illFormedFile,
                "The file has no column \(missing.joined(separator: " and none ")).",
                remedy: "Its first line has: \(header.map(\.text).joined(separator: ", "))."
            )
        }
        return found
    }
}
