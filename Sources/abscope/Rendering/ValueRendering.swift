import CaseModel
import Schema

// Values of the record schema as people read them, and as JSON: decimals and dates are strings, for a number or a time
// stamp would say more or less than was recorded. Members that were not recorded are left out.

/// Words and members of a composite value, gathered part by part.
private struct Parts {
    private var words: [String] = []
    private var members: [(String, JSON)] = []

    mutating func add(_ name: String, _ value: RenderedValue, before: String = "") {
        words.append(before + value.text)
        members.append((name, value.json))
    }

    /// A member that the words already say otherwise.
    mutating func addSilently(_ name: String, _ json: JSON) {
        members.append((name, json))
    }

    func joined(by separator: String = ", ") -> RenderedValue {
        RenderedValue(words.filter { !$0.isEmpty }.joined(separator: separator), .object(members))
    }
}

extension Schema.Text {
    var rendered: RenderedValue { RenderedValue(value) }
}

extension Coded {
    var rendered: RenderedValue {
        var members: [(String, JSON)] = []
        if hasSystem { members.append(("system", .string(system))) }
        if hasVersion { members.append(("version", .string(version))) }
        if hasCode { members.append(("code", .string(code))) }
        if hasDisplay { members.append(("display", .string(display))) }
        if hasText { members.append(("text", .string(text))) }
        return RenderedValue(words, .object(members))
    }
}

extension ClinicalDate {
    var rendered: RenderedValue {
        do throws(RecordError) {
            return RenderedValue(String(describing: try PartialDate(self)))
        } catch {
            return RenderedValue(say(.unreadableValue), .object([("unreadable", .bool(true))]))
        }
    }
}

extension Quantity {
    var rendered: RenderedValue {
        do throws(RecordError) {
            let measure = try Measure(self)
            var members: [(String, JSON)] = [("value", .string(String(describing: measure.value)))]
            if measure.comparator != .equal { members.append(("comparator", .string(measure.comparator.rawValue))) }
            if let unit = measure.unit { members.append(("unit", .string(unit.code))) }
            if let typed = measure.asTyped { members.append(("as_typed", .string(typed))) }
            return RenderedValue(String(describing: measure), .object(members))
        } catch {
            return RenderedValue(say(.unreadableValue), .object([("unreadable", .bool(true))]))
        }
    }
}

extension Answer {
    var rendered: RenderedValue {
        switch self {
        case .yes: RenderedValue(say(Term.yes), .string("yes"))
        case .no: RenderedValue(say(Term.no), .string("no"))
        default: RenderedValue(say(Term.unknown), .string("unknown"))
        }
    }
}

extension Identifier {
    var rendered: RenderedValue {
        var parts = Parts()
        if hasValue { parts.add("value", RenderedValue(value)) }
        if hasType { parts.add("type", type.rendered) }
        if hasIssuer { parts.add("issuer", RenderedValue(issuer)) }
        return parts.joined()
    }
}

extension Diagnosis {
    var rendered: RenderedValue {
        var parts = Parts()
        if hasHistology { parts.add("histology", histology.rendered) }
        if hasMethod { parts.add("method", method.rendered) }
        if hasDate { parts.add("date", date.rendered) }
        return parts.joined()
    }
}

extension Stage {
    var rendered: RenderedValue {
        var parts = Parts()
        var category = hasPrefix ? prefix : ""
        if hasT { category += "T" + t }
        if hasN { category += "N" + n }
        if hasM { category += "M" + m }
        if hasReportedGroup { parts.add("reported_group", RenderedValue(reportedGroup)) }
        if !category.isEmpty { parts.add("tnm", RenderedValue(category)) }
        for (name, value, isThere) in [("t", t, hasT), ("n", n, hasN), ("m", m, hasM), ("prefix", prefix, hasPrefix)]
        where isThere { parts.addSilently(name, .string(value)) }
        if hasEdition { parts.add("edition", RenderedValue(edition), before: say(Term.tnmEdition) + " ") }
        if hasDate { parts.add("date", date.rendered) }
        return parts.joined()
    }
}

extension AgeAtEvent {
    var rendered: RenderedValue {
        var parts = Parts()
        if hasAge { parts.add("age", age.rendered) }
        if hasEvent { parts.addSilently("event", .string(event)) }
        return parts.joined()
    }
}

extension Status {
    var rendered: RenderedValue {
        var parts = Parts()
        if hasValue { parts.add("value", value.rendered) }
        if hasSince { parts.add("since", since.rendered, before: say(Term.since) + " ") }
        if hasReason { parts.add("reason", reason.rendered) }
        return parts.joined()
    }
}

extension Period {
    var rendered: RenderedValue {
        var parts = Parts()
        if hasStart { parts.add("start", start.rendered) }
        if hasEnd { parts.add("end", end.rendered) }
        return parts.joined(by: " – ")
    }
}

extension ResultValue {
    var rendered: RenderedValue {
        if hasQuantity { return quantity.rendered }
        return hasCoded ? coded.rendered : text.rendered
    }
}

extension ReferenceRange {
    var rendered: RenderedValue {
        func decimal(_ value: Decimal) -> RenderedValue {
            do throws(RecordError) {
                return RenderedValue(String(describing: try DecimalNumber(value)))
            } catch {
                return RenderedValue(say(.unreadableValue), .object([("unreadable", .bool(true))]))
            }
        }
        var parts = Parts()
        if hasLow { parts.add("low", decimal(low)) }
        if hasHigh { parts.add("high", decimal(high), before: "– ") }
        if hasUnit { parts.add("unit", RenderedValue(unit)) }
        return parts.joined(by: " ")
    }
}

extension Stated {
    var rendered: RenderedValue {
        var parts = Parts()
        if hasAnswer { parts.add("answer", answer.rendered) }
        if hasBy { parts.add("by", RenderedValue(by)) }
        if hasDate { parts.add("date", date.rendered) }
        return parts.joined()
    }
}

extension Approval {
    var rendered: RenderedValue {
        var parts = Parts()
        if hasDate { parts.add("date", date.rendered) }
        if hasRemark { parts.add("remark", remark.rendered) }
        return parts.joined()
    }
}

extension AdverseEvent {
    var rendered: RenderedValue {
        var parts = Parts()
        if hasTerm { parts.add("term", term.rendered) }
        if hasGrade {
            parts.add("grade", RenderedValue(String(grade), .integer(Int64(grade))), before: say(Term.grade) + " ")
        }
        if hasGrading { parts.add("grading", RenderedValue(grading)) }
        return parts.joined()
    }
}

extension Seriousness {
    var rendered: RenderedValue {
        var parts = Parts()
        if hasAnswer { parts.add("answer", answer.rendered) }
        if hasReason { parts.add("reason", reason.rendered) }
        return parts.joined()
    }
}

extension DrugOrder {
    var rendered: RenderedValue {
        var parts = Parts()
        if hasDrug { parts.add("drug", drug.rendered) }
        if hasDrugClass { parts.add("drug_class", drugClass.rendered) }
        if hasDose { parts.add("dose", dose.rendered) }
        if hasBasis { parts.add("basis", RenderedValue(basis)) }
        if hasRoute { parts.add("route", RenderedValue(route)) }
        if hasIntervalDays { parts.add("interval_days", number(intervalDays), before: say(Term.every) + " ") }
        if hasCycles { parts.addSilently("cycles", .integer(Int64(cycles))) }
        if hasLineOfTherapy { parts.add("line_of_therapy", number(lineOfTherapy), before: say(Term.line) + " ") }
        return parts.joined()
    }

    private func number(_ value: UInt32) -> RenderedValue { RenderedValue(String(value), .integer(Int64(value))) }
}

extension BodySite {
    var rendered: RenderedValue {
        var parts = Parts()
        if hasLaterality { parts.add("laterality", laterality.rendered) }
        if hasSite { parts.add("site", site.rendered) }
        if hasLevel { parts.add("level", RenderedValue(level)) }
        return parts.joined(by: " ")
    }
}

extension Prescription {
    /// `fractions`: of the course, where known.
    func rendered(fractions: UInt32?) -> RenderedValue {
        var parts = Parts()
        if hasVolume { parts.add("volume", RenderedValue(volume)) }
        if hasDosePerFraction {
            var dose = dosePerFraction.rendered
            if let fractions { dose.text = "\(fractions) × \(dose.text)" }
            parts.add("dose_per_fraction", dose)
        }
        if hasTotalDose { parts.add("total_dose", totalDose.rendered, before: "= ") }
        if hasPrescribedTo { parts.add("prescribed_to", RenderedValue(prescribedTo), before: "@ ") }
        return parts.joined(by: " ")
    }
}

extension Course {
    var rendered: RenderedValue {
        var parts = Parts()
        if hasName { parts.add("name", RenderedValue(name)) }
        if hasIntent { parts.add("intent", intent.rendered) }
        if hasSite { parts.add("site", site.rendered) }
        if hasModality { parts.add("modality", modality.rendered) }
        if hasTechnique { parts.add("technique", technique.rendered) }
        let doses = prescriptions.map { $0.rendered(fractions: hasFractions ? fractions : nil) }
        if !doses.isEmpty {
            let text = doses.map(\.text).joined(separator: "; ")
            parts.add("prescriptions", RenderedValue(text, .array(doses.map(\.json))))
        }
        if hasFractions { parts.addSilently("fractions", .integer(Int64(fractions))) }
        if hasFractionsPerDay { parts.addSilently("fractions_per_day", .integer(Int64(fractionsPerDay))) }
        if hasFirstFraction { parts.add("first_fraction", firstFraction.rendered, before: say(Term.from) + " ") }
        return parts.joined()
    }
}

extension Fraction {
    var rendered: RenderedValue {
        var parts = Parts()
        if hasNumber { parts.add("number", whole(number), before: say(Term.fraction) + " ") }
        if hasDate { parts.add("date", date.rendered) }
        if hasOutcome { parts.add("outcome", outcome.rendered) }
        if hasDose { parts.add("dose", dose.rendered) }
        if hasRole, role != .unspecified { parts.add("role", role.rendered) }
        if hasReason { parts.add("reason", reason.rendered) }
        if hasDevice { parts.add("device", RenderedValue(device)) }
        if hasNumberInPhase { parts.addSilently("number_in_phase", .integer(Int64(numberInPhase))) }
        if hasSession { parts.addSilently("session", .integer(Int64(session))) }
        return parts.joined()
    }

    private func whole(_ value: UInt32) -> RenderedValue { RenderedValue(String(value), .integer(Int64(value))) }
}

extension GivenOutcome {
    var rendered: RenderedValue {
        switch self {
        case .given: RenderedValue(say(Term.given), .string("given"))
        case .partial: RenderedValue(say(Term.partial), .string("partial"))
        case .notGiven: RenderedValue(say(Term.notGiven), .string("not_given"))
        default: RenderedValue(say(Term.unknown), .string("unspecified"))
        }
    }
}

extension FractionRole {
    var rendered: RenderedValue {
        switch self {
        case .secondOfDay: RenderedValue(say(Term.secondOfDay), .string("second_of_day"))
        case .extra: RenderedValue(say(Term.extra), .string("extra"))
        default: RenderedValue("", .string("planned"))
        }
    }
}

extension Dose {
    var rendered: RenderedValue {
        var parts = Parts()
        if hasCycle {
            parts.add("cycle", RenderedValue(String(cycle), .integer(Int64(cycle))), before: say(Term.cycle) + " ")
        }
        if hasDayOfCycle { parts.addSilently("day_of_cycle", .integer(Int64(dayOfCycle))) }
        if hasDate { parts.add("date", date.rendered) }
        if hasOutcome { parts.add("outcome", outcome.rendered) }
        if hasAmount { parts.add("amount", amount.rendered) }
        if hasRoute { parts.add("route", RenderedValue(route)) }
        if hasReason { parts.add("reason", reason.rendered) }
        return parts.joined()
    }
}
