import LogFormat
import Testing

@testable import SyncProtocol

@Suite("Marks of keys in a session")
struct KeyMarkTests {
    private static func keys(_ actions: [SyncAction]) throws -> [SyncMessage] {
        var decoder = FrameDecoder()
        var messages: [SyncMessage] = []
        for case .send(let bytes) in actions {
            decoder.append(bytes)
            while let frame = try decoder.next() { messages.append(try SyncMessage(frame)) }
        }
        return messages.filter { if case .keys = $0 { true } else { false } }
    }

    @Test(
        "Keys are asked for once the peer has said what it has, and its word goes with the question",
        arguments: [[], [7, 8]] as [[UInt8]]
    )
    func asked(mark: [UInt8]) throws {
        let alone = try LoneSession(seed: 3)
        func isQuestion(_ action: SyncAction) -> Bool { if case .requestKeyPackets = action { true } else { false } }
        let start = alone.give(.started(held: [alone.held(alone.lane0, stored: 3, attested: 3)]))
        #expect(!start.contains(where: isQuestion))
        var greeting = alone.greeting(holding: [alone.lane0: 3])
        guard case .hello(var hello) = greeting[0] else {
            Issue.record("the first message is HELLO")
            return
        }
        hello.keysMark = mark
        greeting[0] = .hello(hello)
        let questions = alone.hear(greeting).filter(isQuestion)
        guard questions.count == 1, case .requestKeyPackets(let site, let after) = questions[0] else {
            Issue.record("\(questions)")
            return
        }
        #expect(site == alone.fixture.id(2) && after == mark)
    }

    @Test("The mark is said with the last packet, and what arrives is handed on with its own")
    func said() throws {
        let alone = try LoneSession(seed: 4)
        _ = alone.give(.started(held: [alone.held(alone.lane0, stored: 3, attested: 3)]))
        _ = alone.hear(alone.greeting(holding: [alone.lane0: 3]))
        let large = (0..<5).map { [UInt8](repeating: $0, count: 17_000) }
        let said = try Self.keys(alone.give(.keyPackets(large, mark: [1, 2, 3])))
        #expect(said == [.keys(Array(large.prefix(3))), .keys(Array(large.suffix(2)), mark: [1, 2, 3])])
        let delivered = alone.hear([.keys([[5]], mark: [6]), .keys([[7]])])
        var handedOn: [[[UInt8]]] = []
        for case .deliverKeys(let packets, let mark) in delivered { handedOn.append(packets + [mark]) }
        #expect(handedOn == [[[5], [6]], [[7], []]])
    }
}
