import CaseModel
import Schema

/// What happened to a case, by clinical date.
struct Timeline {
    struct Event {
        /// As recorded: `2026-03`, `about 2024`, `day 18740`.
        var date: String
        var kind: RecordKind
        var field: String
        var what: RenderedValue
        var mark: String
        var isSettled: Bool
        var record: RecordID
        fileprivate var order: Int64
    }

    private(set) var events: [Event] = []

    /// Every dated value of the records that stand. By the first day a date may be, days counted from an undeclared
    /// origin after them by their number; then by record: the same list from the same records at every site.
    init(_ states: [RecordState]) {
        let responses = LesionBook(states).series.flatMap(\.visits)
        for state in states where state.standing != .retracted {
            let fields = state.renderedFields(RecordNames(aliases: [:]))
            for field in fields {
                guard let shown = field.shown, let candidate = state[field.number].flatMap(state.displayed) else {
                    continue
                }
                for (date, dated) in state.dated(candidate, field: field.number, whole: shown) {
                    let response = responses.first { $0.reading.record == state.id }?.response?.overall.rawValue
                    let value = response.map { RenderedValue("\(dated.text): \($0)", dated.json) } ?? dated
                    // A date this version can not read is listed last, not left out.
                    let read: PartialDate?
                    do throws(RecordError) { read = try PartialDate(date) } catch { read = nil }
                    events.append(
                        Event(
                            date: read.map(String.init(describing:)) ?? say(.unreadableValue),
                            kind: state.kind,
                            field: field.name,
                            what: value,
                            mark: [state.mark(of: field), state.standing.mark].filter { !$0.isEmpty }.joined(
                                separator: ", "
                            ),
                            isSettled: field.isSettled,
                            record: state.id,
                            order: read.map(Self.order) ?? .max
                        )
                    )
                }
            }
        }
        events.sort { ($0.order, $0.record, $0.field) < ($1.order, $1.record, $1.field) }
    }

    private static func order(of date: PartialDate) -> Int64 {
        if case .relative(let day, _) = date.form { return (CivilDay.last.number + 3_000_000_000 + Int64(day)) * 1440 }
        let day = date.interval.earliest ?? date.interval.latest
        return (day?.number ?? CivilDay.last.number) * 1440 + Int64(date.minuteOfDay ?? 0)
    }
}

extension RecordState {
    /// The dates of one field with what each stands for.
    func dated(
        _ candidate: Candidate,
        field: UInt32,
        whole: RenderedValue
    ) -> [(ClinicalDate, RenderedValue)] {
        switch (kind, field) {
        case (.case, 2):
            let diagnosis = body(of: candidate, as: CaseBody.self).body.diagnosis
            return diagnosis.hasDate ? [(diagnosis.date, whole)] : []
        case (.case, 3):
            let stage = body(of: candidate, as: CaseBody.self).body.stage
            return stage.hasDate ? [(stage.date, whole)] : []
        case (.case, 4), (.case, 5), (.case, 6):
            let body = body(of: candidate, as: CaseBody.self).body
            let statuses = [body.treatmentStatus, body.trialStatus, body.vitalStatus]
            return statuses.filter(\.hasSince).map { ($0.since, whole) }
        case (.result, 3):
            let result = body(of: candidate, as: ResultBody.self).body
            return result.hasCollected ? [(result.collected, resultText)] : []
        case (.statement, 2):
            let stated = body(of: candidate, as: StatementBody.self).body.stated
            return stated.hasDate ? [(stated.date, statementText(whole))] : []
        case (.order, 1):
            let course = body(of: candidate, as: OrderBody.self).body.course
            return course.hasFirstFraction ? [(course.firstFraction, whole)] : []
        case (.order, 3):
            return dates(of: body(of: candidate, as: OrderBody.self).body.period, orderText)
        case (.order, 4):
            let state = body(of: candidate, as: OrderBody.self).body.state
            return state.hasSince ? [(state.since, whole)] : []
        case (.given, 2):
            let fraction = body(of: candidate, as: GivenBody.self).body.fraction
            return fraction.hasDate ? [(fraction.date, whole)] : []
        case (.given, 3):
            let dose = body(of: candidate, as: GivenBody.self).body.dose
            return dose.hasDate ? [(dose.date, whole)] : []
        case (.event, 3):
            return dates(of: body(of: candidate, as: EventBody.self).body.period, eventText)
        case (.lesion, 5):
            let lesion = displayedBody(LesionBody.self).body
            return lesion.hasFirstSeen ? [(lesion.firstSeen, lesion.site.rendered)] : []
        case (.assessment, 1):
            let reading = body(of: candidate, as: AssessmentBody.self).body.reading
            return reading.hasDate ? [(reading.date, readingText(whole))] : []
        default: return []
        }
    }

    private func dates(of period: Period, _ what: RenderedValue) -> [(ClinicalDate, RenderedValue)] {
        var dates: [(ClinicalDate, RenderedValue)] = []
        if period.hasStart { dates.append((period.start, what)) }
        if period.hasEnd {
            dates.append((period.end, RenderedValue("\(what.text) (\(say(.periodEnd)))", what.json)))
        }
        return dates
    }

    private var eventText: RenderedValue {
        let body = displayedBody(EventBody.self).body
        if body.hasAdverseEvent { return body.adverseEvent.rendered }
        return body.hasDetail
            ? RenderedValue("\(body.type.words): \(body.detail.words)", body.type.rendered.json) : body.type.rendered
    }

    private var orderText: RenderedValue {
        let body = displayedBody(OrderBody.self).body
        return body.hasDrug ? body.drug.rendered : body.course.rendered
    }

    private var resultText: RenderedValue {
        let body = displayedBody(ResultBody.self).body
        let value = body.value.rendered
        return RenderedValue("\(body.analyte.words): \(value.text)", value.json)
    }

    /// Without the date, which stands before it.
    private func readingText(_ whole: RenderedValue) -> RenderedValue {
        let reading = displayedBody(AssessmentBody.self).body.reading
        let words = [reading.method.words, reading.assessor].filter { !$0.isEmpty }
        return RenderedValue(words.joined(separator: ", "), whole.json)
    }

    private func statementText(_ stated: RenderedValue) -> RenderedValue {
        let question = displayedBody(StatementBody.self).body.question.words
        return RenderedValue("\(question): \(stated.text)", stated.json)
    }
}
