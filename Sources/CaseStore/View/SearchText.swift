import CaseModel
import Foundation
import Schema

/// What a person is found by: width, case, accents and compatibility forms folded away.
enum SearchText {
    /// Every name and identifier any change of the person says, so that a conflict hides nobody.
    static func of(_ state: RecordState) -> String {
        var words: [String] = []
        for field in state.fields {
            for candidate in field.candidates {
                let body = state.body(of: candidate, as: PersonBody.self).body
                words += [body.name.value, body.alternativeName.value, body.identifier.value]
            }
        }
        return folded(words.filter { !$0.isEmpty }.joined(separator: "\n"))
    }

    /// Folds typed and stored text alike. The stored text itself is never changed.
    static func folded(_ text: String) -> String {
        text.precomposedStringWithCompatibilityMapping
            .folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
    }
}
