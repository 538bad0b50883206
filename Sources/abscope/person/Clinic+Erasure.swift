import CaseModel
import CaseStore
import LogFormat

// An erasure as commands tell of it.
extension Clinic {
    /// When, by whom, where and why.
    func message(_ erasure: Erasure) throws -> Message {
        .person(
            .erasedOn(
                String(describing: erasure.context.recorded),
                by: try operatorName(of: erasure),
                at: names.site(erasure.id.entry.feed.site),
                why: erasure.reason ?? ""
            )
        )
    }

    /// The same for programs.
    func members(_ erasure: Erasure) throws -> [(String, JSON)] {
        [
            ("reference", .string(names.reference(erasure.id))),
            ("recorded_at", .string(Timestamp.text(erasure.context.recorded))),
            ("site", .string(names.site(erasure.id.entry.feed.site))),
            ("operator", .string(try operatorName(of: erasure))), ("reason", .string(erasure.reason ?? "")),
        ]
    }

    private func operatorName(of erasure: Erasure) throws -> String {
        try operators().first { $0.id == erasure.context.operatorRecord }?.operatorName ?? ""
    }
}
