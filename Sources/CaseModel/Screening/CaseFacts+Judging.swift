import Schema

extension CaseFacts {
    func judge(_ form: RuleForm, before lines: [Screening.Line]) -> Judged {
        switch form {
        case .statement(let question, let topic, let answer, let days):
            return statement(question, topic, answer, withinDays: days)
        case .notWithin(let question, let months): return notWithin(question, months: months)
        case .diagnosis(let methods, let histology, let others): return diagnosis(methods, histology, others)
        case .stage(let edition, let groups): return stage(edition, groups)
        case .age(let from, let to): return age(from: from, to: to)
        case .result(let analyte, let comparison, let limit, let method, let days):
            return result(analyte, comparison, limit, method: method, withinDays: days)
        case .words(let analyte, let words): return self.words(analyte, words)
        case .normal(let analytes): return combined(analytes.map(normal), isAny: false)
        case .tested(let analytes): return tested(analytes)
        case .course(let sites, let isOthers, let techniques, let dose):
            return course(sites, isOthers: isOthers, techniques, above: dose)
        case .prescribed(let sites, let volumes): return prescribed(sites, volumes)
        case .untreated: return untreated
        case .consent(let topics): return combined(topics.map(consent), isAny: false)
        case .notPregnant: return notPregnant
        case .window(let from, let to, let sites): return window(from: from, to: to, sites: sites)
        case .lesions(let most): return lesions(atMost: most)
        case .any(let forms): return combined(forms.map { judge($0, before: lines) }, isAny: true)
        case .all(let forms): return combined(forms.map { judge($0, before: lines) }, isAny: false)
        case .when(let condition, let form):
            let asked = judge(condition, before: lines)
            switch asked.outcome {
            case .pass:
                var judged = judge(form, before: lines)
                judged.records += asked.records
                return judged
            case .fail, .notApplicable: return Judged(.notApplicable, asked.because, asked.records)
            case .unknown: return .unknown(asked.because, asked.records)
            }
        case .advice(let form):
            let judged = judge(form, before: lines)
            guard judged.outcome != .pass, judged.outcome != .notApplicable else { return judged }
            return Judged(Screening.Outcome.pass, judged.because, judged.records, note: judged.because)
        case .rules(let ids):
            let named = lines.filter { ids.contains($0.rule.id) }
            return combined(
                named.map { Judged($0.outcome, "\($0.rule.id) \($0.outcome.rawValue)", $0.records) },
                isAny: false
            )
        case .judgement: return .unknown("nothing that is recorded decides it")
        }
    }

    /// All of them have to hold, or one; the words are of those that decided.
    func combined(_ parts: [Judged], isAny: Bool) -> Judged {
        let (good, bad): (Screening.Outcome, Screening.Outcome) = isAny ? (.fail, .pass) : (.pass, .fail)
        let asked = parts.filter { $0.outcome != .notApplicable }
        guard !asked.isEmpty else {
            return Judged(.notApplicable, parts.first?.because ?? "", parts.flatMap(\.records))
        }
        let outcome: Screening.Outcome =
            asked.contains { $0.outcome == bad } ? bad : asked.contains { $0.outcome == .unknown } ? .unknown : good
        let deciding = asked.filter { $0.outcome == outcome }
        var judged = Judged(outcome, Self.listed(deciding.map(\.because)), deciding.flatMap(\.records))
        // Of two ways to satisfy a rule one holds and one does not: somebody should look.
        if isAny, outcome == .pass, let other = asked.first(where: { $0.outcome == .fail }) {
            judged.note = "but \(other.because)"
        }
        return judged
    }

    /// Each once, in their order.
    private static func listed(_ reasons: [String]) -> String {
        var seen: [String] = []
        for reason in reasons where !seen.contains(reason) { seen.append(reason) }
        return seen.joined(separator: "; ")
    }

    func contains(_ words: String, _ any: [String]) -> Bool {
        let folded = TypedText.folded(words).lowercased()
        return any.contains { folded.contains(TypedText.folded($0).lowercased()) }
    }
}
