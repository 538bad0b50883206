import Schema

// What was measured.
extension CaseFacts {
    func result(
        _ analyte: String,
        _ comparison: Comparison,
        _ limit: Measure,
        method: String?,
        withinDays: Int64?
    ) -> Judged {
        switch result(analyte) {
        case .nothing: return .unknown("no \(analyte)")
        case .unusable(let record, let why): return .unknown("\(analyte): \(why)", [record])
        case .fact(let fact):
            guard fact.value.value.hasQuantity else { return .unknown("\(analyte): no number", [fact.record]) }
            let measure: Measure
            do throws(RecordError) {
                measure = try Measure(fact.value.value.quantity)
            } catch {
                return .unknown("\(analyte): \(error.message)", [fact.record])
            }
            let date = fact.date.map { ", \($0)" } ?? ""
            let text = "\(analyte) \(measure)\(date)"
            if let method, !isSame(fact.value.method.words, method) {
                let found = fact.value.method.words
                return .unknown(
                    "\(text): \(found.isEmpty ? "not said by what" : "by \(found)"), not \(method)",
                    [fact.record]
                )
            }
            if let withinDays {
                guard let earliest = fact.date?.interval.earliest, earliest.days(to: day) <= withinDays else {
                    return .unknown("\(text): older than \(withinDays) days", [fact.record])
                }
            }
            let verdict = measure.verdict(comparison, limit)
            let margin = verdict == .fail ? Self.margin(measure, limit) : ""
            let needed = "\(comparison.rawValue)\(limit)"
            return Judged(verdict, verdict == .pass ? text : "\(text), needed \(needed)\(margin)", [fact.record])
        }
    }

    /// By how much a value missed its limit.
    private static func margin(_ measure: Measure, _ limit: Measure) -> String {
        do throws(RecordError) {
            let difference = try ExactRatio(measure.value) - ExactRatio(limit.value)
            let distance = try difference.compare(to: .zero) < 0 ? ExactRatio.zero - difference : difference
            let isExact = measure.comparator == .equal && measure.unit == limit.unit && distance != .zero
            return isExact ? ", off by \(distance.decimals)" : ""
        } catch {
            return ""
        }
    }

    func words(_ analyte: String, _ words: [String]) -> Judged {
        switch result(analyte) {
        case .nothing: return .unknown("no \(analyte)")
        case .unusable(let record, let why): return .unknown("\(analyte): \(why)", [record])
        case .fact(let fact):
            guard fact.value.value.hasCoded else { return .unknown("\(analyte): no words", [fact.record]) }
            let found = fact.value.value.coded.words
            return Judged(
                words.contains { isSame(found, $0) } ? Verdict.pass : .fail,
                "\(analyte) \(found)",
                [fact.record]
            )
        }
    }

    func normal(_ analyte: String) -> Judged {
        switch result(analyte) {
        case .nothing: return .unknown("no \(analyte)")
        case .unusable(let record, let why): return .unknown("\(analyte): \(why)", [record])
        case .fact(let fact):
            do throws(RecordError) {
                let (range, measure) = (fact.value.referenceRange, try Measure(fact.value.value.quantity))
                guard range.hasLow || range.hasHigh else {
                    return .unknown("\(analyte) \(measure): no range of normal", [fact.record])
                }
                func verdict(_ comparison: Comparison, _ isSaid: Bool, _ limit: Decimal) throws(RecordError) -> Verdict
                {
                    isSaid ? measure.verdict(comparison, Measure(try DecimalNumber(limit), measure.unit)) : .pass
                }
                let both = [
                    try verdict(.greaterOrEqual, range.hasLow, range.low),
                    try verdict(.lessOrEqual, range.hasHigh, range.high),
                ]
                let outcome: Verdict = both.contains(.fail) ? .fail : both.contains(.unknown) ? .unknown : .pass
                return Judged(outcome, "\(analyte) \(measure)", [fact.record])
            } catch {
                return .unknown("\(analyte): no number", [fact.record])
            }
        }
    }

    /// What was said not to be tested fails; of what nobody said anything it is unknown.
    func tested(_ analytes: [String]) -> Judged {
        combined(
            analytes.map { analyte in
                switch result(analyte) {
                case .nothing: .unknown("not tested: \(analyte)")
                case .unusable(let record, let why): .unknown("\(analyte): \(why)", [record])
                case .fact(let fact):
                    Judged(
                        fact.value.hasValue ? Verdict.pass : .fail,
                        fact.value.hasValue ? "\(analyte) tested" : "not tested: \(analyte)",
                        [fact.record]
                    )
                }
            },
            isAny: false
        )
    }

    var notPregnant: Judged {
        guard let sex else { return .unknown("sex not known") }
        if ["male", "m", "man", "男"].contains(sex) { return Judged(.notApplicable, sex) }
        let test: Judged
        switch result(Vocabulary.pregnancyTest) {
        case .nothing: test = .unknown("no pregnancy test")
        case .unusable(let record, let why): test = .unknown("pregnancy test: \(why)", [record])
        case .fact(let fact):
            let coded = fact.value.value.coded
            let isPositive = coded.isCode(Vocabulary.positive, of: Vocabulary.system) || isSame(coded.words, "positive")
            let text = "pregnancy test \(coded.words)\(fact.date.map { ", \($0)" } ?? "")"
            test =
                isPositive
                ? Judged(Verdict.fail, text, [fact.record])
                : isSame(coded.words, "negative")
                    ? Judged(Verdict.pass, text, [fact.record]) : .unknown(text, [fact.record])
        }
        return combined([test, statement("lactation", nil, .no, withinDays: nil)], isAny: false)
    }
}
