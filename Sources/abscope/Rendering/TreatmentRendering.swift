import CaseModel
import Schema

// What was ordered and given, as people read it, and as JSON.

extension DrugOrder {
    var rendered: RenderedValue {
        var parts = RenderedParts()
        if hasDrug { parts.add("drug", drug.rendered) }
        if hasDrugClass { parts.add("drug_class", drugClass.rendered) }
        addRegimen(to: &parts)
        if hasFirstDose { parts.add("first_dose", firstDose.rendered, before: say(Term.from) + " ") }
        if hasCycles { parts.add("cycles", RenderedValue(say(.cycles(cycles)), .integer(Int64(cycles)))) }
        if hasLineOfTherapy { parts.add("line_of_therapy", RenderedValue(lineOfTherapy), before: say(Term.line) + " ") }
        return parts.joined()
    }

    /// How much and how often, without the drug.
    var renderedRegimen: RenderedValue {
        var parts = RenderedParts()
        addRegimen(to: &parts)
        return parts.joined()
    }

    private func addRegimen(to parts: inout RenderedParts) {
        let isAreaUnderCurve = basis == DrugDose.Basis.areaUnderCurve.rawValue
        if hasDose { parts.add("dose", dose.rendered, before: isAreaUnderCurve ? basis + " " : "") }
        // Its unit says the rest.
        if hasBasis { parts.addSilently("basis", .string(basis)) }
        if hasRoute { parts.add("route", RenderedValue(route)) }
        if hasIntervalDays {
            let interval = say(.everyDays(intervalDays, early: earlyDays, late: lateDays))
            let text = hasAnchor ? "\(interval) \(anchor.rendered.text)" : interval
            parts.add("interval_days", RenderedValue(text, .integer(Int64(intervalDays))))
        }
        if hasEarlyDays { parts.addSilently("early_days", .integer(Int64(earlyDays))) }
        if hasLateDays { parts.addSilently("late_days", .integer(Int64(lateDays))) }
        if hasAnchor { parts.addSilently("anchor", anchor.rendered.json) }
    }
}

extension DoseAnchor {
    var rendered: RenderedValue {
        switch self {
        case .firstDose: RenderedValue(say(Term.fromFirstDose), .string("first_dose"))
        case .lastDose: RenderedValue(say(Term.fromLastDose), .string("last_dose"))
        default: RenderedValue(say(Term.unknown), .string("unspecified"))
        }
    }
}

extension BodySite {
    var rendered: RenderedValue {
        var parts = RenderedParts()
        if hasLaterality { parts.add("laterality", laterality.rendered) }
        if hasSite { parts.add("site", site.rendered) }
        if hasLevel { parts.add("level", RenderedValue(level)) }
        return parts.joined(by: " ")
    }
}

extension Prescription {
    /// `fractions`: of the course, where known.
    func rendered(fractions: UInt32?) -> RenderedValue {
        var parts = RenderedParts()
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
        var parts = RenderedParts()
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
        if hasCalendar { parts.addSilently("calendar", .string(calendar)) }
        if hasEveryDays { parts.addSilently("every_days", .integer(Int64(everyDays))) }
        if hasLeavesOutMakeUpDays { parts.addSilently("leaves_out_make_up_days", .bool(leavesOutMakeUpDays)) }
        return parts.joined()
    }
}

extension Fraction {
    var rendered: RenderedValue {
        var parts = RenderedParts()
        if hasNumber { parts.add("number", RenderedValue(number), before: say(Term.fraction) + " ") }
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
        var parts = RenderedParts()
        if hasCycle {
            parts.add("cycle", RenderedValue(cycle), before: say(Term.cycle) + " ")
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
