import LogFormat
import Testing

@testable import SyncProtocol

@Suite("A session that may not begin")
struct TurnedAwayTests {
    @Test("A member is told when to come back, and nothing else; what it said before is not forgotten")
    func busy() throws {
        let alone = try LoneSession(seed: 71)
        let actions = alone.give(.finish(.busy, retryAfterSeconds: 40))
        var sent: [UInt8] = []
        var closed: (CloseReason, UInt32?)?
        for action in actions {
            switch action {
            case .send(let bytes): sent += bytes
            case .close(let reason, let seconds): closed = (reason, seconds)
            case .remember: Issue.record("nothing was said that could be remembered")
            default: break
            }
        }
        #expect(sent == SyncMessage.bye(.busy, detail: "", retryAfterSeconds: 40).frame.encoded)
        #expect(closed?.0 == .busy && closed?.1 == 40)
        #expect(alone.isClosed && alone.status.word == .cutOff)
        // Whoever is told so takes it, although nobody greeted.
        let other = try LoneSession(seed: 71)
        _ = other.give(.started(held: []))
        let taken = other.give(.received(sent))
        #expect(
            taken.contains { if case .close(.busy, retryAfterSeconds: 40) = $0 { true } else { false } }
        )
    }
}
