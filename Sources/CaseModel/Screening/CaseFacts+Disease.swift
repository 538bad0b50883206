import Schema

// Who it is, and of what.
extension CaseFacts {
    func diagnosis(_ methods: [String], _ histology: [String], _ others: [String]) -> Judged {
        guard let state = caseState else { return .unknown("no case") }
        let diagnosis = state.settledBody(CaseBody.self).body.diagnosis
        guard diagnosis.hasHistology else { return .unknown("no histology", [state.id]) }
        let words = diagnosis.histology.words
        // Non-small is no small.
        guard contains(words, histology) else {
            return Judged(contains(words, others) ? Verdict.fail : .unknown, words, [state.id])
        }
        guard diagnosis.hasMethod else { return .unknown("\(words), no method", [state.id]) }
        let text = "\(words), \(diagnosis.method.words)"
        return Judged(contains(diagnosis.method.words, methods) ? Verdict.pass : .unknown, text, [state.id])
    }

    func stage(_ edition: String, _ groups: [String]) -> Judged {
        guard let state = caseState else { return .unknown("no case") }
        let stage = state.settledBody(CaseBody.self).body.stage
        guard stage.hasT || stage.hasM else { return .unknown("no T, N and M", [state.id]) }
        let words =
            [stage.t, stage.n, stage.m].filter { !$0.isEmpty }.joined(separator: " ") + ", edition \(stage.edition)"
        guard TypedText.folded(stage.edition) == edition, let answer = stage.computed, !answer.candidates.isEmpty else {
            return .unknown(words, [state.id])
        }
        let text = "\(words): \(answer.candidates.joined(separator: " or "))"
        guard StageRules.findings(of: state).isEmpty else {
            return .unknown("\(text), reported \(stage.reportedGroup)", [state.id])
        }
        let fitting = answer.candidates.count { groups.contains($0) }
        let verdict: Verdict = fitting == answer.candidates.count ? .pass : fitting == 0 ? .fail : .unknown
        return Judged(verdict, text, [state.id])
    }

    func age(from: Int, to: Int) -> Judged {
        guard let age else { return .unknown("no date or year of birth that can be read here") }
        let text = age.least == age.most ? "\(age.least) years" : "\(age.least) or \(age.most) years"
        if age.least >= from, age.most <= to { return Judged(Verdict.pass, text, [age.record]) }
        if age.most < from || age.least > to { return Judged(Verdict.fail, text, [age.record]) }
        return .unknown(text, [age.record])
    }

    func lesions(atMost most: Int) -> Judged {
        let lesions = states.compactMap(Lesion.init)
        guard !lesions.isEmpty else { return .unknown("no lesions recorded") }
        // What is taken back at one place and amended at another may be one or none.
        let (least, count) = (lesions.count(where: \.isSettled), lesions.count)
        let verdict: Verdict = count <= most ? .pass : least > most ? .fail : .unknown
        return Judged(verdict, "\(count) lesions", lesions.map(\.record))
    }
}
