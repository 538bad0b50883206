import SimulatedNetwork
import SimulatedStorage
import Testing

@Suite("Histories of many sites", .timeLimit(.minutes(10)))
struct HistoryTests {
    private static let stages = Result { try Stages() }

    @Test("All is well at the end, and on the way", arguments: Seeds.run(30))
    func histories(seed: UInt64) throws {
        #expect(try History(seed: seed, stages: try Self.stages.get()).run().steps > 0)
    }

    @Test("Sites speak to each other in it: a single history may be over before they come to that")
    func sitesSpeak() throws {
        let stages = try Self.stages.get()
        let sent = try (1...4).map { try History(seed: $0, stages: stages).run().judge.sentBytes }
        #expect(sent.reduce(0, +) > 0, "\(sent)")
    }

    @Test("A seed gives the same history again", arguments: [3, 14] as [UInt64])
    func again(seed: UInt64) throws {
        let stages = try Self.stages.get()
        func lines() throws -> [String] {
            let told = Told()
            _ = try History(seed: seed, stages: stages) { told.lines.append($0) }.run()
            return told.lines
        }
        let first = try lines()
        #expect(first.count > 50)
        #expect(try lines() == first)
    }

    private final class Told { var lines: [String] = [] }
}
