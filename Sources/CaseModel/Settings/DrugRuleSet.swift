import Schema

/// What the label of a drug suggests when something happens. It suggests; a doctor decides.
package struct DrugRuleSet: Hashable, Sendable {
    package enum Suggestion: String, Hashable, Sendable, CaseIterable {
        case hold, stop
    }

    package struct Rule: Hashable, Sendable {
        package enum Trigger: Hashable, Sendable {
            /// An adverse event of one of these terms and grades.
            case event(terms: [String], grades: Set<UInt32>)
            /// A laboratory value above so many times the upper limit of its laboratory, up to so many; nil: any.
            case aboveUpperNormal(analytes: [String], above: DecimalNumber, upTo: DecimalNumber?)
        }

        package var id: String
        package var trigger: Trigger
        package var suggestion: Suggestion
    }

    package static let format = "abscope rule set 0"

    package let name: String
    package let version: String
    /// What the drug is called, in any language.
    package let drugs: [String]
    package let source: String
    package let rules: [Rule]

    /// nil for a setting that is none.
    package init?(_ setting: Setting) {
        guard setting.kind == .ruleSet else { return nil }
        do throws(RecordError) { self = try DrugRuleSet(setting.content) } catch { return nil }
    }

    /// - Throws: `.illFormedFile` naming the member that is wrong.
    init(_ content: JSONValue) throws(RecordError) {
        let file = JSONObject(content, at: "document", describedIn: Setting.page)
        try file.allow(["format", "name", "version", "drugs", "jurisdiction", "label", "source", "rules"])
        name = try file.text("name")
        version = try file.text("version")
        drugs = try file.texts("drugs")
        let label = [try file.text("jurisdiction"), try file.text("label"), try file.text("source")]
        source = label.joined(separator: ", ")
        var rules: [Rule] = []
        for (index, rule) in try file.array("rules").enumerated() {
            rules.append(try Self.rule(JSONObject(rule, at: "rules[\(index)]", describedIn: Setting.page)))
        }
        guard !drugs.isEmpty, !rules.isEmpty else { throw file.refused("rules", "or drugs are empty") }
        guard Set(rules.map(\.id)).count == rules.count else { throw file.refused("rules", "have an id twice") }
        self.rules = rules
    }

    private static func rule(_ object: JSONObject) throws(RecordError) -> Rule {
        try object.allow(["id", "terms", "grades", "analytes", "above", "up_to", "suggest"])
        guard let suggestion = Suggestion(rawValue: try object.text("suggest")) else {
            throw object.refused("suggest", "is neither hold nor stop")
        }
        let trigger: Rule.Trigger
        if object.value["terms"] != nil {
            var grades: Set<UInt32> = []
            for text in try object.texts("grades") {
                guard let grade = UInt32(text), (1...5).contains(grade) else {
                    throw object.refused("grades", "holds \(text), which is no grade")
                }
                grades.insert(grade)
            }
            trigger = .event(terms: try object.texts("terms"), grades: grades)
        } else {
            trigger = .aboveUpperNormal(
                analytes: try object.texts("analytes"),
                above: try DecimalNumber(parsing: try object.text("above")),
                upTo: try object.optionalText("up_to").map { text throws(RecordError) in
                    try DecimalNumber(parsing: text)
                }
            )
        }
        return Rule(id: try object.text("id"), trigger: trigger, suggestion: suggestion)
    }
}

extension DrugRuleSet {
    /// What is suggested about an order that is open, because of something that is recorded.
    package struct Finding: Hashable, Sendable {
        package var ruleSet: String
        package var rule: String
        package var suggestion: Suggestion
        package var order: RecordID
        /// The drug as it is called in the order.
        package var drug: String
        /// The event or the result.
        package var cause: RecordID
        /// `pneumonitis, grade 2`.
        package var words: String
    }

    /// What the rules suggest in a case, for orders that are open and not decided so already.
    ///
    /// - Parameter states: Every record of the case.
    /// - Returns: By order, then cause; of several rules about one cause the one that suggests most.
    package func findings(in states: [RecordState]) -> [Finding] {
        let orders = states.filter { isOpen($0) }
        guard !orders.isEmpty else { return [] }
        let present = Self.present(states)
        var findings: [Finding] = []
        for order in orders {
            let body = order.displayedBody(OrderBody.self).body
            let isHeld = Vocabulary.term(body.state.value, as: Vocabulary.OrderState.self) == .held
            for state in present {
                let fitting = rules.filter { fits($0, state) }
                guard let rule = fitting.first(where: { $0.suggestion == .stop }) ?? fitting.first,
                    !(isHeld && rule.suggestion == .hold)
                else { continue }
                findings.append(
                    Finding(
                        ruleSet: "\(name) \(version)",
                        rule: rule.id,
                        suggestion: rule.suggestion,
                        order: order.id,
                        drug: body.name,
                        cause: state.id,
                        words: Self.words(state)
                    )
                )
            }
        }
        return findings.sorted { ($0.order, $0.cause) < ($1.order, $1.cause) }
    }

    /// Without results that a later one of the same analyte has replaced.
    private static func present(_ states: [RecordState]) -> [RecordState] {
        var latest: [String: (day: CivilDay, record: RecordID)] = [:]
        func key(_ state: RecordState) -> (analyte: String, day: CivilDay)? {
            guard state.kind == .result, state.standing != .retracted else { return nil }
            let result = state.displayedBody(ResultBody.self).body
            let day = PartialDate(ifReadable: result.collected)?.interval.latest ?? .first
            return (TypedText.folded(result.analyte.words).lowercased(), day)
        }
        for state in states {
            guard let (analyte, day) = key(state) else { continue }
            if let other = latest[analyte], (other.day, other.record) > (day, state.id) { continue }
            latest[analyte] = (day, state.id)
        }
        return states.filter { state in key(state).map { latest[$0.analyte]?.record == state.id } ?? true }
    }

    /// Whether a case has anything rules are about: an adverse event, or a laboratory value with its range.
    static func mayConcern(_ states: [RecordState]) -> Bool {
        states.contains { state in
            switch state.kind {
            case .event: state.displayedBody(EventBody.self).body.hasAdverseEvent
            case .result: state.displayedBody(ResultBody.self).body.referenceRange.hasHigh
            default: false
            }
        }
    }

    private func isOpen(_ state: RecordState) -> Bool {
        guard state.kind == .order, state.standing != .retracted else { return false }
        let order = state.displayedBody(OrderBody.self).body
        return order.form == .drug && order.isOpen && drugs.contains { order.drug.drug.isNamed($0) }
    }

    /// Whether a record is what a rule speaks of, and goes on.
    private func fits(_ rule: Rule, _ state: RecordState) -> Bool {
        guard state.standing != .retracted else { return false }
        switch rule.trigger {
        case .event(let terms, let grades):
            guard state.kind == .event else { return false }
            // What is shown, not what is settled: in a conflict the higher grade counts.
            let event = state.displayedBody(EventBody.self).body
            let outcome = Vocabulary.term(event.outcome, as: Vocabulary.EventOutcome.self)
            guard event.hasAdverseEvent, outcome?.isFinal != true, !event.period.hasEnd else { return false }
            return grades.contains(event.adverseEvent.grade)
                && terms.contains { event.adverseEvent.term.isNamed($0) }
        case .aboveUpperNormal(let analytes, let above, let upTo):
            guard state.kind == .result else { return false }
            let result = state.displayedBody(ResultBody.self).body
            guard analytes.contains(where: { result.analyte.isNamed($0) }), result.value.hasQuantity,
                result.referenceRange.hasHigh
            else { return false }
            do throws(RecordError) {
                let measure = try Measure(result.value.quantity)
                guard measure.comparator == .equal else { return false }
                let (value, limit) = (
                    try ExactRatio(measure.value), try ExactRatio(try DecimalNumber(result.referenceRange.high))
                )
                guard try value.compare(to: limit * ExactRatio(above)) > 0 else { return false }
                guard let upTo else { return true }
                return try value.compare(to: limit * ExactRatio(upTo)) <= 0
            } catch {
                return false
            }
        }
    }

    private static func words(_ state: RecordState) -> String {
        if state.kind == .event {
            let event = state.displayedBody(EventBody.self).body.adverseEvent
            return event.term.words + (event.hasGrade ? ", grade \(event.grade)" : "")
        }
        let result = state.displayedBody(ResultBody.self).body
        var measure = ""
        do throws(RecordError) { measure = " \(try Measure(result.value.quantity))" } catch { measure = "" }
        return result.analyte.words + measure
    }
}

extension Coded {
    /// Whether these are its words, however they are typed.
    func isNamed(_ name: String) -> Bool {
        TypedText.folded(words).lowercased() == TypedText.folded(name).lowercased()
    }
}
