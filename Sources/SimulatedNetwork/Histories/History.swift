import LogFormat
import LogStore
import SimulatedStorage
import StoreIO
import SyncEngine
import SyncProtocol

/// One seeded history of some sites: what people, disks, networks and couriers do to them, and whether all is well at the
/// end.
///
/// Every step draws from a generator of its own, so that one that is left out changes nothing of what the others draw: that
/// is how a failure is made short.
package struct History {
    package let seed: UInt64
    private let leftOut: Set<Int>
    private let stages: Stages
    private let tell: ((String) -> Void)?

    /// What a run amounted to.
    package struct Figures: Sendable {
        package var steps = 0
        package var events = 0
        package var judge = Judge.Figures()
        package var virtualSeconds: UInt64 = 0

        package init() {}
    }

    /// - Parameters:
    ///   - seed: All of the history comes from it.
    ///   - stages: Where histories begin.
    ///   - leftOut: Steps that are not made.
    ///   - tell: Hears what happens, a line each.
    package init(
        seed: UInt64,
        stages: Stages,
        leftOut: Set<Int> = [],
        tell: ((String) -> Void)? = nil
    ) {
        self.seed = seed
        self.stages = stages
        self.leftOut = leftOut
        self.tell = tell
    }

    /// How many steps the seed means, the last one included.
    package var stepCount: Int { 7 + Int(SplitMix64.mix(seed, 7) % 22) }

    /// Runs it.
    ///
    /// - Returns: What it amounted to.
    /// - Throws: ``World/Broken``, and whatever a log throws where it must not.
    package func run() throws -> Figures {
        var numbers = SplitMix64(seed: SplitMix64.mix(seed, 1))
        let world = World(seed: SplitMix64.mix(seed, 2), tell: tell)
        defer { world.end() }
        var play = try Play(world, stages, &numbers)
        var figures = Figures()
        for step in 0..<stepCount where !leftOut.contains(step) {
            var numbers = SplitMix64(seed: SplitMix64.mix(seed, UInt64(1_000 + step)))
            figures.steps += 1
            if step < stepCount - 1 { try play.step(&numbers) } else { try play.lastStep(&numbers) }
        }
        try play.finish()
        figures.events = world.events
        figures.judge = world.judge.figures
        figures.virtualSeconds = world.now / 1_000_000_000
        return figures
    }
}

/// The stages of all histories of a program: few, for making sites takes longer than a history.
package struct Stages: Sendable {
    /// By number of sites, 2 and up.
    private let stages: [[Stage]]

    /// - Throws: What making a store throws.
    package init() throws {
        stages = try (2...6).map { count in
            try (0..<4).map {
                try Stage(
                    count,
                    hasStranger: count > 2 && $0 == 3,
                    hasPartialReader: count > 2 && $0 == 2,
                    seed: UInt64(count * 10 + $0)
                )
            }
        }
    }

    /// One of them: more often few sites than many.
    func any(_ numbers: inout SplitMix64) -> Stage {
        let index = min(numbers.below(stages.count), numbers.below(stages.count))
        return stages[index][numbers.below(stages[index].count)]
    }
}
