import CaseModel
import SyncEngine

extension Delivery.Outcome {
    /// In a sentence; nil when nothing of it was recorded here.
    func message(_ names: RecordNames) -> Message? {
        guard recordedHere > 0 else { return nil }
        guard onlyHere < recordedHere else { return .fleet(.onlyHere) }
        guard onlyHere == 0 else { return .fleet(.partlyHere(onlyHere, of: recordedHere)) }
        return .fleet(sites.isEmpty ? .scattered : .arrived(sites.map(names.site)))
    }

    func json(_ names: RecordNames) -> JSON {
        .object([
            ("recorded_here", .integer(Int64(recordedHere))), ("only_here", .integer(Int64(onlyHere))),
            ("all_at", .array(sites.map { .string(names.site($0)) })),
        ])
    }
}
