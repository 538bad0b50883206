import CaseModel
import LogFormat
import Schema

extension RecordState {
    /// One candidate of one field; what this version can not read is said to be so.
    func rendered(_ candidate: Candidate, field: UInt32, names: RecordNames) -> RenderedValue {
        switch candidate.content {
        case .absent(.erased) where candidate.isIdentifying:
            return RenderedValue(say(.erasedHere), .object([("absent", .string(AbsenceReason.erased.name))]))
        case .absent(let reason):
            let name = reason.name
            return RenderedValue(say(.absence(reason)), .object([("absent", .string(name))]))
        case .link(let record): return RenderedValue(names.reference(record))
        case .sealed: return .sealed
        case .bytes: return rendered(bytesOf: candidate, field: field)
        }
    }

    private func rendered(bytesOf candidate: Candidate, field: UInt32) -> RenderedValue {
        let value: RenderedValue? =
            switch kind {
            case .person: body(of: candidate, as: PersonBody.self).body.rendered(field)
            case .case: body(of: candidate, as: CaseBody.self).body.rendered(field)
            case .result: body(of: candidate, as: ResultBody.self).body.rendered(field)
            case .statement: body(of: candidate, as: StatementBody.self).body.rendered(field)
            case .order: body(of: candidate, as: OrderBody.self).body.rendered(field)
            case .given: body(of: candidate, as: GivenBody.self).body.rendered(field)
            case .event: body(of: candidate, as: EventBody.self).body.rendered(field)
            case .document: body(of: candidate, as: DocumentBody.self).body.rendered(field)
            case .erasure: body(of: candidate, as: ErasureBody.self).body.rendered(field)
            case .lesion: body(of: candidate, as: LesionBody.self).body.rendered(field)
            case .assessment: body(of: candidate, as: AssessmentBody.self).body.rendered(field)
            case .protocol, .ruleSet: body(of: candidate, as: SettingBody.self).body.rendered(field)
            case .operator: body(of: candidate, as: OperatorBody.self).body.rendered(field)
            default: nil
            }
        return value ?? .unreadable
    }
}

extension AbsenceReason {
    /// As in `record.proto`, lower case.
    var name: String {
        switch self {
        case .unknown: "unknown"
        case .notAsked: "not_asked"
        case .notDone: "not_done"
        case .failed: "failed"
        case .refused: "refused"
        case .notApplicable: "not_applicable"
        case .withheld: "withheld"
        case .erased: "erased"
        default: "cleared"
        }
    }
}

extension PersonBody {
    func rendered(_ field: UInt32) -> RenderedValue? {
        switch field {
        case 1 where hasName: name.rendered
        case 2 where hasAlternativeName: alternativeName.rendered
        case 3 where hasIdentifier: identifier.rendered
        case 4 where hasBirthDate: birthDate.rendered
        case 5 where hasContact: contact.rendered
        case 6 where hasNote: note.rendered
        case 7 where hasBirthYear: RenderedValue(String(birthYear), .integer(Int64(birthYear)))
        case 8 where hasAdministrativeSex: administrativeSex.rendered
        case 9 where hasBirthSex: birthSex.rendered
        default: nil
        }
    }
}

extension CaseBody {
    func rendered(_ field: UInt32) -> RenderedValue? {
        switch field {
        case 2 where hasDiagnosis: diagnosis.rendered
        case 3 where hasStage: stage.rendered
        case 4 where hasTreatmentStatus: treatmentStatus.rendered
        case 5 where hasTrialStatus: trialStatus.rendered
        case 6 where hasVitalStatus: vitalStatus.rendered
        case 7 where hasAge: age.rendered
        case 8 where hasSmoking: smoking.rendered
        case 9 where hasNote: note.rendered
        default: nil
        }
    }
}

extension ResultBody {
    func rendered(_ field: UInt32) -> RenderedValue? {
        switch field {
        case 1 where hasAnalyte: analyte.rendered
        case 2 where hasValue: value.rendered
        case 3 where hasCollected: collected.rendered
        case 4 where hasSpecimen: specimen.rendered
        case 5 where hasMethod: method.rendered
        case 6 where hasReferenceRange: referenceRange.rendered
        case 7 where hasNote: note.rendered
        case 11 where hasRole: role.rendered
        default: nil
        }
    }
}

extension StatementBody {
    func rendered(_ field: UInt32) -> RenderedValue? {
        switch field {
        case 1 where hasQuestion: question.rendered
        case 2 where hasStated: stated.rendered
        case 3 where hasNote: note.rendered
        case 5 where hasTopic: topic.rendered
        default: nil
        }
    }
}

extension OrderBody {
    func rendered(_ field: UInt32) -> RenderedValue? {
        switch field {
        case 1 where hasCourse: course.rendered
        case 2 where hasDrug: drug.rendered
        case 3 where hasPeriod: period.rendered
        case 4 where hasState: state.rendered
        case 5 where hasApproval: approval.rendered
        case 6 where hasNote: note.rendered
        default: nil
        }
    }
}

extension GivenBody {
    func rendered(_ field: UInt32) -> RenderedValue? {
        switch field {
        case 2 where hasFraction: fraction.rendered
        case 3 where hasDose: dose.rendered
        case 5 where hasNote: note.rendered
        default: nil
        }
    }
}

extension EventBody {
    func rendered(_ field: UInt32) -> RenderedValue? {
        switch field {
        case 1 where hasType: type.rendered
        case 2 where hasAdverseEvent: adverseEvent.rendered
        case 3 where hasPeriod: period.rendered
        case 4 where hasSerious: serious.rendered
        case 5 where hasActionTaken: actionTaken.rendered
        case 6 where hasOutcome: outcome.rendered
        case 7 where hasNote: note.rendered
        case 8 where hasDetail: detail.rendered
        default: nil
        }
    }
}

extension DocumentBody {
    func rendered(_ field: UInt32) -> RenderedValue? {
        switch field {
        case 1 where hasTitle: title.rendered
        case 2 where hasContent:
            RenderedValue(
                content.name,
                .object([("name", .string(content.name)), ("sha256", .string(Array(content.sha256).hexadecimal))])
            )
        case 3 where hasFile:
            RenderedValue(
                Quantities.bytes(file.lengthBytes),
                .object([
                    ("attachment", .string(Array(file.attachment).hexadecimal)), ("bytes", JSON(file.lengthBytes)),
                    ("chunks", JSON(file.chunks)),
                ])
            )
        default: nil
        }
    }
}

extension ErasureBody {
    func rendered(_ field: UInt32) -> RenderedValue? {
        guard field == 2, hasKeys else { return nil }
        return RenderedValue(say(.person(.keyCount(keys.id.count))), .integer(Int64(keys.id.count)))
    }
}

extension LesionBody {
    func rendered(_ field: UInt32) -> RenderedValue? {
        switch field {
        case 1 where hasNumber: RenderedValue(number)
        case 2 where hasSite: site.rendered
        case 3 where hasNodal: RenderedValue(say(nodal ? Term.yes : Term.no), .bool(nodal))
        case 4 where hasBone: bone.rendered
        case 5 where hasFirstSeen: firstSeen.rendered
        case 6 where hasNote: note.rendered
        default: nil
        }
    }
}

extension AssessmentBody {
    func rendered(_ field: UInt32) -> RenderedValue? {
        switch field {
        case 1 where hasReading: reading.rendered
        case 2 where hasReported: reported.rendered
        case 3 where hasNote: note.rendered
        default: nil
        }
    }
}

extension SettingBody {
    func rendered(_ field: UInt32) -> RenderedValue? {
        switch field {
        case 1 where hasDocument:
            RenderedValue(
                "\(document.name) \(document.version)",
                .object([
                    ("name", .string(document.name)), ("version", .string(document.version)),
                    ("sha256", .string(Array(document.sha256).hexadecimal)),
                ])
            )
        case 2 where hasApproval: approval.rendered
        default: nil
        }
    }
}

extension SettingApproval {
    var rendered: RenderedValue {
        var parts = RenderedParts()
        if hasBy { parts.add("by", RenderedValue(by)) }
        if hasDate { parts.add("date", date.rendered) }
        if hasRemark { parts.add("remark", remark.rendered) }
        return parts.joined()
    }
}

extension OperatorBody {
    func rendered(_ field: UInt32) -> RenderedValue? {
        switch field {
        case 1 where hasName: name.rendered
        case 2 where hasRole: role.rendered
        case 3 where hasNote: note.rendered
        default: nil
        }
    }
}
