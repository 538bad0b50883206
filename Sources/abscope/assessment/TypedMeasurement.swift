import CaseModel
import Schema

/// What somebody typed of one lesion: `1=23`, `2=1.5cm:target`, `3=absent`.
struct TypedMeasurement {
    let lesion: Lesion
    let size: Measure?
    let sight: Vocabulary.LesionSight
    let role: LesionAssessment.Role?

    /// * text: as typed; a number without a unit is one of millimetres.
    /// - Throws: 65 for what is no measurement; 66 for a lesion that is not there.
    init(_ text: String, in book: LesionBook, _ names: RecordNames) throws {
        let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard sides.count == 2, !sides[1].trimmed.isEmpty else {
            throw Failure(.dataError, .lesion(.measurementForm(text)), remedy: .lesion(.measurementFormRemedy))
        }
        let place = sides[0].trimmed
        lesion = try book.lesion(typed: place, names)
        let parts = sides[1].split(separator: ":", maxSplits: 1).map { String($0).trimmed }
        role = try parts.count > 1 ? Values.choice(parts[1], of: place) : nil
        let value = TypedText.folded(parts.first ?? "").lowercased()
        if value.unicodeScalars.first.map({ ("0"..."9").contains($0) || "<>=".unicodeScalars.contains($0) }) == true {
            size = try Values.lesionSize(value, of: place)
            sight = .present
        } else {
            size = nil
            sight = try Values.choice(value, of: place)
        }
    }

    /// What a new record of it says.
    var body: ResultBody {
        var body = ResultBody()
        body.analyte = Vocabulary.lesionSize
        body.value = value
        if let role { body.role = Vocabulary.coded(role) }
        return body
    }

    var value: ResultValue {
        var value = ResultValue()
        if let size { value.quantity = size.schema } else { value.coded = Vocabulary.coded(sight) }
        return value
    }
}
