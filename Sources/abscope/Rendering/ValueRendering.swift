import CaseModel
import Schema

// Values of the record schema as people read them, and as JSON: decimals and dates are strings, for a number or a time
// stamp would say more or less than was recorded. Members that were not recorded are left out.

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
            return .unreadable
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
            return .unreadable
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
        var parts = RenderedParts()
        if hasValue { parts.add("value", RenderedValue(value)) }
        if hasType { parts.add("type", type.rendered) }
        if hasIssuer { parts.add("issuer", RenderedValue(issuer)) }
        return parts.joined()
    }
}

extension Diagnosis {
    var rendered: RenderedValue {
        var parts = RenderedParts()
        if hasHistology { parts.add("histology", histology.rendered) }
        if hasMethod { parts.add("method", method.rendered) }
        if hasDate { parts.add("date", date.rendered) }
        return parts.joined()
    }
}

extension Stage {
    var rendered: RenderedValue {
        var parts = RenderedParts()
        var category = hasPrefix ? prefix : ""
        if hasT { category += "T" + t }
        if hasN { category += "N" + n }
        if hasM { category += "M" + m }
        if hasReportedGroup { parts.add("reported_group", RenderedValue(reportedGroup)) }
        if !category.isEmpty { parts.add("tnm", RenderedValue(category)) }
        for (name, value, isThere) in [("t", t, hasT), ("n", n, hasN), ("m", m, hasM), ("prefix", prefix, hasPrefix)]
        where isThere { parts.addSilently(name, .string(value)) }
        if hasEdition { parts.add("edition", RenderedValue(edition), before: say(Term.tnmEdition) + " ") }
        if let computed, !computed.candidates.isEmpty {
            let text = say(.stageComputed(computed.candidates))
            parts.add("computed_groups", RenderedValue(text, .array(computed.candidates.map(JSON.string))))
        }
        if hasDate { parts.add("date", date.rendered) }
        return parts.joined()
    }
}

extension AgeAtEvent {
    var rendered: RenderedValue {
        var parts = RenderedParts()
        if hasAge { parts.add("age", age.rendered) }
        if hasEvent { parts.addSilently("event", .string(event)) }
        return parts.joined()
    }
}

extension Status {
    var rendered: RenderedValue {
        var parts = RenderedParts()
        if hasValue { parts.add("value", value.rendered) }
        if hasSince { parts.add("since", since.rendered, before: say(Term.since) + " ") }
        if hasReason { parts.add("reason", reason.rendered) }
        return parts.joined()
    }
}

extension Period {
    var rendered: RenderedValue {
        var parts = RenderedParts()
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
                return .unreadable
            }
        }
        var parts = RenderedParts()
        if hasLow { parts.add("low", decimal(low)) }
        if hasHigh { parts.add("high", decimal(high), before: "– ") }
        if hasUnit { parts.add("unit", RenderedValue(unit)) }
        return parts.joined(by: " ")
    }
}

extension Stated {
    var rendered: RenderedValue {
        var parts = RenderedParts()
        if hasAnswer { parts.add("answer", answer.rendered) }
        if hasBy { parts.add("by", RenderedValue(by)) }
        if hasDate { parts.add("date", date.rendered) }
        return parts.joined()
    }
}

extension Approval {
    var rendered: RenderedValue {
        var parts = RenderedParts()
        if hasDate { parts.add("date", date.rendered) }
        if hasRemark { parts.add("remark", remark.rendered) }
        return parts.joined()
    }
}

extension AdverseEvent {
    var rendered: RenderedValue {
        var parts = RenderedParts()
        if hasTerm { parts.add("term", term.rendered) }
        if hasGrade {
            parts.add("grade", RenderedValue(grade), before: say(Term.grade) + " ")
        }
        if hasGrading { parts.add("grading", RenderedValue(grading)) }
        return parts.joined()
    }
}

extension Seriousness {
    var rendered: RenderedValue {
        var parts = RenderedParts()
        if hasAnswer { parts.add("answer", answer.rendered) }
        if hasReason { parts.add("reason", reason.rendered) }
        return parts.joined()
    }
}
