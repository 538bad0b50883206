/// Persons whose identifying values can not be read at this site although it should hold what opens them.
package struct KeyLosses: Hashable, Sendable {
    /// Persons of whom this site sealed values with a key that is not here any more.
    package var lacking = 0
    /// Other persons, under one of whose keys something stands that opens nothing: it was altered.
    package var altered = 0

    /// What is wrong and what to do, in words; nil when nothing is.
    package var sentence: String? {
        func persons(_ count: Int) -> String { count == 1 ? "1 person" : "\(count) persons" }
        let found = [
            lacking > 0 ? "The keys of \(persons(lacking)) are not in keys.sqlite any more." : nil,
            altered > 0 ? "The keys of \(persons(altered)) were altered in keys.sqlite." : nil,
        ].compactMap(\.self)
        guard !found.isEmpty else { return nil }
        return found.joined(separator: " ")
            + " What they open, names among it, can not be read here. `abscope log repair --from` with a backup brings them"
            + " back, and another site that holds them sends them again when the daemon was started anew."
    }
}
