import SyncProtocol

extension Session {
    /// The daemon's socket in the store.
    var controlSocket: String { storePath + "/control.sock" }
}

extension ControlReply {
    /// - Throws: ``Failure`` 77 when the daemon refused, 75 when the time was over or something keeps it from it now, 76 when it
    ///   did not understand.
    func check() throws {
        switch outcome {
        case .done: return
        case .refused: throw Failure(.noPermission, .daemonAnswer(message))
        case .timedOut, .unreachable, .spent: throw Failure(.temporary, .daemonAnswer(message))
        case .notUnderstood: throw Failure(.protocolError, .daemonGarbled)
        }
    }
}
