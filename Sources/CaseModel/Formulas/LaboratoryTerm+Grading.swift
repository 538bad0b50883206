extension LaboratoryTerm {
    /// The grades a finding may have, 0 to 4, ascending; one when nothing that decides is missing.
    ///
    /// Compared exactly, nothing rounded. Where the term has clinical alternatives each is the least.
    ///
    /// - Throws: `.illFormedValue` for numbers of too many digits.
    package func grades(of finding: LaboratoryFinding) throws(RecordError) -> [Int] {
        var (least, open) = (0, Set<Int>())
        for criterion in criteria {
            switch try verdict(criterion, finding) {
            case .pass: least = max(least, criterion.grade)
            case .fail: break
            case .unknown: open.insert(criterion.grade)
            }
        }
        return [least] + open.filter { $0 > least }.sorted()
    }

    private func verdict(_ criterion: Criterion, _ finding: LaboratoryFinding) throws(RecordError) -> Verdict {
        var isOpen = false
        for condition in criterion.conditions {
            switch try verdict(condition, finding, of: criterion) {
            case .pass: break
            case .fail: return .fail
            case .unknown: isOpen = true
            }
        }
        return isOpen ? .unknown : .pass
    }

    private func verdict(
        _ condition: Condition,
        _ finding: LaboratoryFinding,
        of criterion: Criterion
    ) throws(RecordError) -> Verdict {
        switch condition {
        case .baseline(let isHigh):
            switch finding.baseline {
            case .unknown: return .unknown
            case .normal: return isHigh ? .fail : .pass
            case .value(let baseline):
                guard let upper = finding.upperNormal else { return .unknown }
                return (baseline.compare(to: upper) > 0) == isHigh ? .pass : .fail
            }
        case .compare(let comparison, let multiple, let limit, let plus):
            let value = try ExactRatio(finding.value)
            if let number = finding.number(limit) {
                let bound = try ExactRatio(multiple) * ExactRatio(number) + ExactRatio(plus)
                return comparison.holds(forOrder: try value.compare(to: bound)) ? .pass : .fail
            }
            // What was above normal before was above the limit: a value that is no larger than so many times that is no so many
            // times what was before either.
            if case .baseline = limit, criterion.isOfHighBaseline, let upper = finding.upperNormal,
                try value.compare(to: ExactRatio(multiple) * ExactRatio(upper)) <= 0
            {
                return .fail
            }
            return .unknown
        }
    }
}

extension LaboratoryTerm.Criterion {
    fileprivate var isOfHighBaseline: Bool {
        conditions.contains { if case .baseline(isHigh: true) = $0 { true } else { false } }
    }
}

extension LaboratoryFinding {
    fileprivate func number(_ limit: LaboratoryTerm.Limit) -> DecimalNumber? {
        switch limit {
        case .one: return DecimalNumber(1)
        case .upperNormal: return upperNormal
        case .lowerNormal: return lowerNormal
        case .baseline: if case .value(let number) = baseline { return number } else { return nil }
        }
    }
}
