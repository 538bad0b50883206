extension CaseNumber {
    /// The longest text worth looking at: an alias of 8, a dash, two letters, 20 digits, and the letter at the end.
    private static let longestTyped = 32

    /// The well-formed numbers that are one slip of the hand away from what was typed: one character wrong, missing or
    /// too many, or two neighbours exchanged. Whether there are such cases is for a store to say.
    ///
    /// - Parameter text: As typed.
    /// - Returns: Each once, as people read them in order; about one in 26 of what is tried, for the check character
    ///   has to fit.
    /// - Complexity: O(length²) characters, 37 times.
    package static func oneSlip(from text: String) -> [CaseNumber] {
        let typed = Array(TypedText.folded(text).uppercased().utf8)
        guard !typed.isEmpty, typed.count <= longestTyped else { return [] }
        let keys = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-".utf8)
        var found: Set<CaseNumber> = []
        func attempt(_ change: (inout [UInt8]) -> Void) {
            var bytes = typed
            change(&bytes)
            guard bytes != typed else { return }
            do throws(RecordError) {
                found.insert(try CaseNumber(parsing: String(decoding: bytes, as: UTF8.self)))
            } catch {
                // Most of what is tried is no number; the error says nothing that is asked here.
                return
            }
        }
        for index in typed.indices {
            attempt { $0.remove(at: index) }
            if index > 0 { attempt { $0.swapAt(index - 1, index) } }
            for key in keys {
                attempt { $0[index] = key }
                attempt { $0.insert(key, at: index) }
            }
        }
        for key in keys { attempt { $0.append(key) } }
        return found.sorted {
            ($0.alias, $0.epochLetters ?? "", $0.position) < ($1.alias, $1.epochLetters ?? "", $1.position)
        }
    }
}
