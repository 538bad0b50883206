package import Schema

/// Rules on anything measured or graded.
package enum ResultRules {
    /// - Throws: `.illFormedValue` for a result of nothing, and a range that ends before it begins.
    package static func refuseIllFormed(_ result: ResultBody) throws(RecordError) {
        guard !result.analyte.words.isEmpty else {
            throw RecordError(
                .illFormedValue,
                "A result needs what was looked for.",
                remedy: "Name it, for example PD-L1 or platelets."
            )
        }
        let range = result.referenceRange
        guard range.hasLow, range.hasHigh else { return }
        let (low, high) = (try DecimalNumber(range.low), try DecimalNumber(range.high))
        guard low.compare(to: high) <= 0 else {
            throw RecordError(
                .illFormedValue,
                "The range of normal ends at \(high), below where it begins, \(low).",
                remedy: "Give the laboratory's lower limit as low and the upper one as high.",
                at: "reference_range"
            )
        }
    }

    /// What a recorded result breaks.
    package static func findings(of state: RecordState) -> [Finding] {
        guard state.kind == .result, state.standing != .retracted else { return [] }
        do throws(RecordError) {
            try refuseIllFormed(state.settledBody(ResultBody.self).body)
            return []
        } catch {
            // What is in conflict, or waits for another site, is settled first.
            guard state.fields.allSatisfy({ $0.settled != nil }) else { return [] }
            return [
                Finding(
                    record: state.id,
                    kind: .result,
                    field: error.location ?? "analyte",
                    value: "",
                    rule: "result.range",
                    message: error.message,
                    remedy: error.remedy
                )
            ]
        }
    }
}
