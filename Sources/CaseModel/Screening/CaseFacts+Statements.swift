import Schema

// What people stated.
extension CaseFacts {
    func answerWords(_ question: String, _ topic: String?, _ stated: Stated) -> String {
        let about = topic.map { " (\($0))" } ?? ""
        let by = stated.by.isEmpty ? "" : ", \(stated.by)"
        let date = PartialDate(ifReadable: stated.date).map { ", \($0)" } ?? ""
        let answer =
            switch stated.answer {
            case .yes: "yes"
            case .no: "no"
            default: "unknown"
            }
        return "\(question)\(about): \(answer)\(by)\(date)"
    }

    func statement(_ question: String, _ topic: String?, _ answer: Answer, withinDays: Int64?) -> Judged {
        switch statement(question, topic: topic) {
        case .nothing: return .unknown("no statement: \(question)\(topic.map { " (\($0))" } ?? "")")
        case .unusable(let record, let why): return .unknown("\(question): \(why)", [record])
        case .fact(let fact):
            let words = answerWords(question, topic, fact.value)
            guard fact.value.answer == .yes || fact.value.answer == .no else { return .unknown(words, [fact.record]) }
            if let withinDays {
                guard let earliest = fact.date?.interval.earliest, earliest.days(to: day) <= withinDays else {
                    return .unknown("\(words): older than \(withinDays) days", [fact.record])
                }
            }
            return Judged(fact.value.answer == answer ? Verdict.pass : .fail, words, [fact.record])
        }
    }

    func notWithin(_ question: String, months: Int) -> Judged {
        switch statement(question, topic: nil) {
        case .nothing: return .unknown("no statement: \(question)")
        case .unusable(let record, let why): return .unknown("\(question): \(why)", [record])
        case .fact(let fact):
            let words = answerWords(question, nil, fact.value)
            if fact.value.answer == .no { return Judged(Verdict.pass, words, [fact.record]) }
            guard fact.value.answer == .yes, let limit = day.advanced(byMonths: -months), let date = fact.date else {
                return .unknown(words, [fact.record])
            }
            // The first day of the window excludes too.
            if let earliest = date.interval.earliest, earliest >= limit {
                return Judged(Verdict.fail, words, [fact.record])
            }
            if let latest = date.interval.latest, latest < limit { return Judged(Verdict.pass, words, [fact.record]) }
            return .unknown("\(words): may be before \(limit) or not", [fact.record])
        }
    }

    func consent(_ topic: String) -> Judged {
        switch statement(Vocabulary.Question.consent.rawValue, topic: topic) {
        case .nothing: return .unknown("no consent to \(topic)")
        case .unusable(let record, let why): return .unknown("consent to \(topic): \(why)", [record])
        case .fact(let fact):
            let text = answerWords("consent", topic, fact.value)
            guard fact.value.answer == .yes else {
                return Judged(fact.value.answer == .no ? Verdict.fail : .unknown, text, [fact.record])
            }
            let (first, record): (CivilDay, RecordID)
            switch beginning {
            case .never: return Judged(Verdict.pass, text, [fact.record])
            case .unknown(let given):
                return .unknown("\(text); when treatment began is not known", [fact.record, given])
            case .on(let day, let given): (first, record) = (day, given)
            }
            guard let interval = fact.date?.interval, let earliest = interval.earliest, let latest = interval.latest
            else {
                return .unknown(text, [fact.record])
            }
            let verdict: Verdict = latest <= first ? .pass : earliest > first ? .fail : .unknown
            return Judged(verdict, "\(text); treated since \(first)", [fact.record, record])
        }
    }
}
