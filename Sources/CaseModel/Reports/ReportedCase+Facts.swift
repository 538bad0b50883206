import Schema

extension ReportedCase {
    /// The group of a case; a case of several drugs is in the group of all of them.
    func group(by field: ReportField?) -> String? {
        guard let field else { return nil }
        switch field {
        case .sex: return group(person, 8) { $0.settledBody(PersonBody.self).body.administrativeSex.words }
        case .histology: return group(caseState, 2) { $0.settledBody(CaseBody.self).body.diagnosis.histology.words }
        case .stage:
            return group(caseState, 3) { state in
                let stage = state.settledBody(CaseBody.self).body.stage
                let candidates = stage.computed?.candidates ?? []
                return stage.hasReportedGroup ? stage.reportedGroup : candidates.joined(separator: " or ")
            }
        case .treatmentStatus:
            return group(caseState, 4) { $0.settledBody(CaseBody.self).body.treatmentStatus.value.words }
        case .trialStatus: return group(caseState, 5) { $0.settledBody(CaseBody.self).body.trialStatus.value.words }
        case .vitalStatus: return group(caseState, 6) { $0.settledBody(CaseBody.self).body.vitalStatus.value.words }
        case .smoking: return group(caseState, 8) { $0.settledBody(CaseBody.self).body.smoking.words }
        case .drug:
            let drugs = Set(given(.drug).filter { !$0.days.isEmpty }.map(\.name))
            return drugs.isEmpty ? ReportField.notStated : drugs.sorted().joined(separator: " + ")
        }
    }

    private func group(_ state: RecordState?, _ field: UInt32, _ words: (RecordState) -> String) -> String {
        guard let state, let known = state[field] else { return ReportField.notStated }
        guard known.settled != nil, state.standing == .standing else { return ReportField.notSettled }
        let text = words(state)
        return text.isEmpty ? ReportField.notStated : text
    }

    private var caseState: RecordState? { states.first { $0.id == record } }

    /// The orders of a form with the days on which something of them was given, ascending.
    func given(_ form: OrderForm) -> [(name: String, days: [CivilDay])] {
        let records = states.filter { $0.kind == .given }
        return states.compactMap { state in
            guard state.kind == .order, state.standing != .retracted else { return nil }
            let order = state.displayedBody(OrderBody.self).body
            guard order.form == form else { return nil }
            let lines = records.compactMap { GivenLine($0, of: state.id, form) }.filter(\.isDelivered)
            return (order.name, lines.compactMap { $0.date?.day }.sorted())
        }
    }

    /// Every day on which something was given.
    var daysOfTreatment: [CivilDay] { (given(.course) + given(.drug)).flatMap(\.days).sorted() }

    /// Whether anything was given, also on a day nobody knows; nil where only what is not settled says so.
    var isTreated: Bool? {
        let given = states.filter { state in
            guard state.kind == .given, state.standing != .retracted else { return false }
            let body = state.displayedBody(GivenBody.self).body
            let outcome = body.hasFraction ? body.fraction.outcome : body.dose.outcome
            return !state.isSettled || outcome == .given || outcome == .partial
        }
        return given.contains(where: \.isSettled) ? true : given.isEmpty ? false : nil
    }

    /// Whether it is certain if, and when, somebody died or was last seen.
    var isLifeSettled: Bool {
        let status = Registry.fieldNumber("vital_status", of: .case)
        let isStatusSettled = status.flatMap { caseState?[$0] }.map { $0.settled != nil } ?? true
        return isStatusSettled
            && states.allSatisfy { state in
                guard state.standing != .retracted, !state.isSettled else { return true }
                let type = state.displayedBody(EventBody.self).body.type
                let isOfLife = [.death, .contact].contains(Vocabulary.term(type, as: Vocabulary.EventType.self))
                return !(state.kind == .given || state.kind == .event && isOfLife)
            }
    }

    /// Events of a type that stand, with their first day.
    func events(_ type: Vocabulary.EventType) -> [(body: EventBody, date: PartialDate?)] {
        states.compactMap { state in
            guard state.kind == .event, state.standing != .retracted else { return nil }
            let body = state.displayedBody(EventBody.self).body
            guard Vocabulary.term(body.type, as: Vocabulary.EventType.self) == type else { return nil }
            return (body, body.period.hasStart ? PartialDate(ifReadable: body.period.start) : nil)
        }
    }

    /// Since when somebody is observed: the day of the diagnosis.
    var diagnosed: PartialDate? {
        let diagnosis = caseState?.settledBody(CaseBody.self).body.diagnosis
        return diagnosis.flatMap { $0.hasDate ? PartialDate(ifReadable: $0.date) : nil }
    }

    /// When somebody died; nil where nobody said so.
    var died: PartialDate? {
        if let event = events(.death).compactMap(\.date).first { return event }
        guard let status = caseState?.settledBody(CaseBody.self).body.vitalStatus,
            Vocabulary.term(status.value, as: Vocabulary.VitalStatus.self) == .deceased, status.hasSince
        else { return nil }
        return PartialDate(ifReadable: status.since)
    }

    /// The last day on which somebody was known to be alive: a contact, or a treatment. Never today.
    var lastContact: CivilDay? {
        (events(.contact).compactMap { $0.date?.day } + daysOfTreatment).max()
    }
}
