import CaseModel
import LogFormat
import LogStore
import Schema

extension Session {
    /// Who was added at this site and not taken back; where nobody was with its present key, with one it had before. Operators of
    /// other sites come with their records; who sits here was added here.
    func operatorsHere(in clinic: Clinic) throws -> [RecordState] {
        let origin = clinic.names.origin(of: clinic.site)
        let all = try clinic.operators().filter { state in
            state.standing != .retracted && clinic.names.origin(of: state.id.entry.feed.site) == origin
        }
        let present = all.filter { $0.id.entry.feed.site == clinic.site }
        return present.isEmpty ? all : present
    }

    /// Who enters this: as said with `--operator` or ABSCOPE_OPERATOR, or the only operator of
    /// this site.
    ///
    /// - Throws: 78 when there is none or several and nobody said who; 64 when nobody fits what was said.
    func operatorRecord(_ options: WriteOptions, in clinic: Clinic) throws -> RecordTarget {
        let operators = try clinic.operators().filter { $0.standing != .retracted }
        let labels = operators.map { clinic.names.operatorLabel($0) }
        guard let said = options.operatorName ?? Surrounding.variable("ABSCOPE_OPERATOR"), !said.isEmpty else {
            let here = try operatorsHere(in: clinic)
            switch here.count {
            case 1: return .existing(here[0].id)
            case 0: throw Failure(.configuration, .noOperatorYet, remedy: .noOperatorRemedy)
            default:
                let labels = here.map { clinic.names.operatorLabel($0) }
                throw Failure(.configuration, .severalOperators(labels), remedy: .severalOperatorsRemedy)
            }
        }
        let key = TypedText.folded(said).lowercased()
        let referred = try Self.referred(said, in: clinic)
        let exact = operators.filter {
            referred.contains($0.id) || clinic.names.reference($0.id).lowercased() == key
                || $0.operatorName.lowercased() == key
        }
        let fitting = exact.isEmpty ? operators.filter { $0.operatorName.lowercased().contains(key) } : exact
        switch fitting.count {
        case 1: return .existing(fitting[0].id)
        case 0: throw Failure(.usage, .unknownOperator(said), remedy: .knownOperators(labels))
        default:
            throw Failure(
                .usage,
                .ambiguousOperator(said, fitting.map { clinic.names.operatorLabel($0) }),
                remedy: .severalOperatorsRemedy
            )
        }
    }

    /// The records a reference may mean: one that was written down stays good when the site gets another epoch, with
    /// which its references are printed longer.
    private static func referred(_ typed: String, in clinic: Clinic) throws -> [RecordID] {
        guard let reference = TypedReference(typed) else { return [] }
        return try clinic.lookUp(reference).filter { reference.fits($0) }
            .map { RecordID(entry: $0, change: reference.change) }
    }
}

extension RecordState {
    /// The name of an operator, as declared.
    var operatorName: String { displayedBody(OperatorBody.self).body.name.value }
}

extension RecordNames {
    /// `Wang Li (GY.2.1-3fa97c21)`.
    func operatorLabel(_ state: RecordState) -> String { "\(state.operatorName) (\(reference(state.id)))" }
}
