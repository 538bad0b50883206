import SimulatedNetwork
import SimulatedStorage
import Testing

@Suite("Histories of many sites", .timeLimit(.minutes(10)))
struct HistoryTests {
    private static let stages = Result { try Stages() }

    @Test("All is well at the end, and on the way", arguments: Seeds.run(30))
    func histories(seed: UInt64) throws {
        let figures = try History(seed: seed, stages: try Self.stages.get()).run()
        // In that one the two sites do not come to speak before it is over.
        #expect(figures.steps > 0 && (figures.judge.sentBytes > 0 || seed == 22))
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
