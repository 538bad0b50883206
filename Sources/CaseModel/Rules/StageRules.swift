package import Schema

extension Stage {
    /// What T, N and M come to by the table of the edition: beside what was reported, never instead of it. nil where one of
    /// the four is missing or no category of any edition.
    package var computed: StageTable.Answer? {
        guard hasT, hasN, hasM, hasEdition else { return nil }
        do throws(RecordError) {
            let texts = [("t", t), ("n", n), ("m", m)].map { letter, text in
                TypedText.folded(text).lowercased().contains(letter) ? text : letter + text
            }
            return StageTable.answer(try TumourCategories(parsing: texts), inEdition: TypedText.folded(edition))
        } catch {
            return nil
        }
    }
}

/// Rules on a staging.
enum StageRules {
    /// A group that was reported and is none of those T, N and M come to: one of the four is wrong. What is reported in other
    /// words (`I or II`), or less finely (`IV`), contradicts nothing.
    static func findings(of state: RecordState) -> [Finding] {
        guard state.kind == .case, state.standing != .retracted else { return [] }
        let stage = state.settledBody(CaseBody.self).body.stage
        let reported = TypedText.folded(stage.reportedGroup).uppercased()
        guard let computed = stage.computed, !computed.candidates.isEmpty, isGroup(reported),
            !computed.candidates.contains(where: { $0 == reported || isFiner($0, than: reported) })
        else { return [] }
        return [
            Finding(
                record: state.id,
                kind: .case,
                field: "stage",
                value: stage.reportedGroup,
                rule: "stage.group-differs",
                message:
                    "The reported group \(reported) is not what T, N and M come to in edition \(stage.edition):"
                    + " \(computed.candidates.joined(separator: " or ")).",
                remedy: "Compare with the report; amend T, N, M, the edition or the group."
            )
        ]
    }

    private static func isGroup(_ text: String) -> Bool {
        guard let numeral = ["III", "II", "IV", "I"].first(where: text.hasPrefix) else { return text == "0" }
        return text.dropFirst(numeral.count).allSatisfy { "ABC123".contains($0) }
    }

    /// Whether a group divides another: `IVA` of `IV`, not `III` of `II`.
    private static func isFiner(_ group: String, than other: String) -> Bool {
        group.hasPrefix(other) && group.dropFirst(other.count).allSatisfy { "ABC123".contains($0) }
    }
}
