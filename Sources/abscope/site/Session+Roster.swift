import CaseModel
import LogStore
import SyncEngine
import SyncProtocol

extension Session {
    /// The roster of the registry this site belongs to.
    ///
    /// - Throws: ``Failure`` 78 while it belongs to none; `StorageError`.
    func roster(of log: LogStore) throws -> Roster {
        guard let roster = try Roster(in: log) else {
            throw Failure(.configuration, .noRegistry, remedy: .noRegistryRemedy)
        }
        return roster
    }

    /// What entries of lane 0 are made with that are made now, by this program.
    var rosterDraft: RosterDraft {
        let now = now
        return RosterDraft(
            recordedMilliseconds: now.milliseconds,
            zoneOffsetMinutes: now.zoneOffsetMinutes,
            program: Abscope.program
        )
    }
}
