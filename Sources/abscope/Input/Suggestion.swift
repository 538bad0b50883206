/// What somebody may have meant.
enum Suggestion {
    /// The candidate with the fewest typing errors, if there are few enough: a third of its letters, at least one.
    static func nearest(to typed: String, among candidates: [String]) -> String? {
        let scored = candidates.map { (candidate: $0, distance: distance(typed.lowercased(), $0)) }
        guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
        let begins = typed.count >= 2 && best.candidate.hasPrefix(typed)
        return begins || best.distance <= max(1, best.candidate.count / 3) ? best.candidate : nil
    }

    /// Letters to insert, leave out, replace or swap with their neighbour (optimal string alignment).
    ///
    /// - Complexity: O(left × right).
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left)
        let right = Array(right)
        var rows = [Array(0...right.count)]
        for row in 1..<max(1, left.count + 1) {
            var current = [row]
            for column in 1..<max(1, right.count + 1) {
                let cost = left[row - 1] == right[column - 1] ? 0 : 1
                var best = min(rows[row - 1][column] + 1, current[column - 1] + 1, rows[row - 1][column - 1] + cost)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    best = min(best, rows[row - 2][column - 2] + 1)
                }
                current.append(best)
            }
            rows.append(current)
        }
        return rows[left.count][right.count]
    }
}
