import CaseModel
import TestSupport

/// What the reference compares, as binary numbers.
struct ReferenceFinding {
    var value: Double
    var lower: Double
    var upper: Double
    var baseline: Double

    /// To thousandths, of which all values here are made.
    func laboratoryFinding() throws -> LaboratoryFinding {
        func decimal(_ number: Double) throws -> DecimalNumber {
            guard let decimal = DecimalNumber(coefficient: Int64((number * 10_000).rounded()), exponent: -4) else {
                throw Hindrance("\(number) is no decimal")
            }
            return decimal
        }
        return LaboratoryFinding(
            try decimal(value),
            upperNormal: try decimal(upper),
            lowerNormal: try decimal(lower),
            baseline: .value(try decimal(baseline))
        )
    }
}

/// The criteria of one term as expressions of R, read and evaluated: `signif(AVAL, signif_dig) > signif(3*ANRHI, signif_dig)`.
struct ReferenceCriteria {
    let name: String
    /// By grade, the highest first.
    private let clauses: [(grade: Int, conditions: [[String]])]

    init(_ row: JSONValue) throws {
        func text(_ key: String) -> String? { row[key]?.string }
        guard let name = text("TERM") else { throw Hindrance("a term has no name") }
        self.name = name
        clauses = (1...4).reversed().compactMap { grade in
            guard let code = text("GRADE_\(grade)_CODE") else { return nil }
            let words = code.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            // One clause after the other, each with what it gives; what is not known is left to the other tests.
            let clauses = words.replacing(", signif_dig", with: "").split(separator: ",").map(String.init)
            return (
                grade,
                clauses.filter { !$0.contains("NA_character_") }.map { clause in
                    let condition = clause.split(separator: "~")[0]
                    return condition.split(separator: "&").map { $0.trimmingPrefix(" ").description }
                }
            )
        }
    }

    /// At, just below and just above every number and multiple there is, with what was before normal and above.
    var findings: [ReferenceFinding] {
        let numbers = clauses.flatMap { $0.conditions.joined().flatMap(Self.numbers) }
        var findings: [ReferenceFinding] = []
        for (lower, upper) in [(10.0, 40.0), (135, 145), (1, 1.2), (7.35, 7.45), (2.1, 2.6), (3.5, 5), (110, 160)] {
            for baseline in [(lower + upper) / 2, upper * 2] {
                let limits =
                    numbers.flatMap { [$0, $0 * lower, $0 * upper, $0 * baseline, $0 + upper] } + [lower, upper]
                for limit in limits where limit > 0 && limit < 1e6 {
                    // To thousandths, so that both sides compare the same numbers.
                    let rounded = (limit * 1000).rounded() / 1000
                    for value in [rounded - 0.001, rounded, rounded + 0.001] {
                        findings.append(
                            ReferenceFinding(value: value, lower: lower, upper: upper, baseline: baseline)
                        )
                    }
                }
            }
        }
        return findings
    }

    /// nil where an expression is not understood.
    func grade(of finding: ReferenceFinding) -> Int? {
        for (grade, conditions) in clauses {
            for condition in conditions {
                var holds = true
                for atom in condition {
                    guard let atomHolds = Self.holds(atom, finding) else { return nil }
                    holds = holds && atomHolds
                }
                if holds { return grade }
            }
        }
        return 0
    }

    private static func holds(_ atom: String, _ finding: ReferenceFinding) -> Bool? {
        let text = atom.filter { $0 != " " }
        switch text {
        case "BNRIND%in%high_indicator": return finding.baseline > finding.upper
        case "!(BNRIND%in%high_indicator)": return finding.baseline <= finding.upper
        case "!is.na(ANRHI)", "!is.na(BASE)", "!is.na(PCHG)": return true
        default: break
        }
        for sign in [">=", "<=", ">", "<"] {
            guard let range = text.ranges(of: sign).first else { continue }
            guard let left = number(String(text[..<range.lowerBound]), finding),
                let right = number(String(text[range.upperBound...]), finding)
            else { return nil }
            // Binary noise is far below a thousandth.
            let difference = left - right
            let order = abs(difference) < 1e-7 ? 0 : difference
            switch sign {
            case ">=": return order >= 0
            case "<=": return order <= 0
            case ">": return order > 0
            default: return order < 0
            }
        }
        return nil
    }

    private static func number(_ text: String, _ finding: ReferenceFinding) -> Double? {
        var inner = text
        if inner.hasPrefix("signif("), inner.hasSuffix(")") { inner = String(inner.dropFirst(7).dropLast()) }
        if let plus = inner.firstIndex(of: "+") {
            guard let left = number(String(inner[..<plus]), finding),
                let right = number(String(inner[inner.index(after: plus)...]), finding)
            else { return nil }
            return left + right
        }
        if let star = inner.firstIndex(of: "*") {
            guard let left = number(String(inner[..<star]), finding),
                let right = number(String(inner[inner.index(after: star)...]), finding)
            else { return nil }
            return left * right
        }
        switch inner {
        case "AVAL": return finding.value
        case "ANRHI": return finding.upper
        case "ANRLO": return finding.lower
        case "BASE": return finding.baseline
        case "PCHG": return 100 * (finding.value - finding.baseline) / finding.baseline
        default: return Double(inner)
        }
    }

    private static func numbers(_ atom: String) -> [Double] {
        let digits = atom.split { !($0.isNumber || $0 == ".") }
        return digits.compactMap { Double($0) }
    }
}
