package import SimulatedStorage
import SyncEngine

/// Machines and the network between them in virtual time. Deterministic: the same seed gives the same history.
///
/// One thread uses a world at a time, and nothing of one world is known to another; that makes the `@unchecked` below, and
/// of what lives in a world, true.
package final class World: @unchecked Sendable {
    /// A rule that was broken, which ends the history.
    package struct Broken: Error, Hashable, Sendable, CustomStringConvertible {
        /// The rule in a word: failures of one kind have one.
        package var rule: String
        /// Where it showed.
        package var place: String
        package var what: String
        package var nanoseconds: UInt64

        package var description: String {
            "\(rule) at \(place) after \(nanoseconds / 1_000_000) ms: \(what)"
        }
    }

    /// How the network between two machines is; both ways the same.
    package struct Quality: Hashable, Sendable {
        package var latencyNanoseconds: UInt64
        package var bytesPerSecond: UInt64

        package init(latencyMilliseconds: UInt64, bytesPerSecond: UInt64) {
            latencyNanoseconds = latencyMilliseconds * 1_000_000
            self.bytesPerSecond = bytesPerSecond
        }
    }

    private var timeline = Timeline()
    package var numbers: SplitMix64
    package private(set) var machines: [Machine] = []
    private(set) var links: [Link] = []
    private var linkCount = 0
    let spokenVectors = SpokenVectors()
    package private(set) lazy var judge = Judge(self)
    private var qualities: [Pair: Quality] = [:]
    private var partitions: Set<Pair> = []
    /// Events that happened.
    package private(set) var events = 0
    private var broken: Broken?
    private let tell: ((String) -> Void)?

    private struct Pair: Hashable {
        var first: Int
        var second: Int

        init(_ one: Machine, _ other: Machine) {
            first = min(one.number, other.number)
            second = max(one.number, other.number)
        }
    }

    /// - Parameters:
    ///   - seed: Everything that is left to chance comes from it.
    ///   - tell: Hears what happens, a line each; nil to keep silent.
    package init(seed: UInt64, tell: ((String) -> Void)? = nil) {
        numbers = SplitMix64(seed: seed)
        self.tell = tell
    }

    // MARK: - Time

    package var now: UInt64 { timeline.now }

    func at(_ time: UInt64, _ run: @escaping () throws -> Void) { timeline.add(at: time, run) }

    package func after(nanoseconds: UInt64, _ run: @escaping () throws -> Void) { at(now + nanoseconds, run) }

    /// Does something for a program that may have ended by then.
    func at(_ time: UInt64, in program: ProgramLife, _ run: @escaping () -> Void) {
        at(time) {
            guard program.isAlive else { return }
            program.machine.work(run)
        }
    }

    /// Lets time pass.
    ///
    /// - Throws: ``Broken`` at the first rule that is.
    package func run(nanoseconds: UInt64) throws {
        let end = now + nanoseconds
        while let event = timeline.next(until: end) {
            events += 1
            try event()
            if let broken { throw broken }
        }
        if let broken { throw broken }
    }

    /// A number of a range, from the seed.
    func between(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &numbers) }

    // MARK: - Telling

    package var isTold: Bool { tell != nil }

    package func note(_ text: @autoclosure () -> String) {
        guard let tell else { return }
        let milliseconds = now / 1_000_000
        tell("\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst()) \(text())")
    }

    /// Notes that a rule is broken; the first counts.
    func fail(_ rule: String, at place: String, _ what: String) {
        guard broken == nil else { return }
        broken = Broken(rule: rule, place: place, what: what, nanoseconds: now)
        note("BROKEN: \(rule) at \(place): \(what)")
    }

    // MARK: - Machines and the network between them

    package func add(_ machine: Machine) { machines.append(machine) }

    package func set(_ quality: Quality, between one: Machine, _ other: Machine) {
        qualities[Pair(one, other)] = quality
    }

    func quality(between one: Machine, _ other: Machine) -> Quality {
        qualities[Pair(one, other)] ?? Quality(latencyMilliseconds: 1, bytesPerSecond: 10_000_000)
    }

    func isConnected(_ one: Machine, _ other: Machine) -> Bool { !partitions.contains(Pair(one, other)) }

    func connect(_ dialler: DaemonRun, to listener: DaemonRun, _ report: DialReport) -> Link {
        for link in links where link.isOver { link.forget() }
        links.removeAll(where: \.ends.isEmpty)
        let link = Link(self, number: linkCount, from: dialler, to: listener, report: report)
        linkCount += 1
        links.append(link)
        note("\(link.name) is up")
        return link
    }

    /// Ends everything; what is in a world holds on to other things in it.
    package func end() {
        timeline = Timeline()
        for link in links { link.forget() }
        links = []
        for machine in machines { machine.forget() }
        machines = []
    }

    /// Nothing gets through between two machines any more; connections find out when they try.
    package func part(_ one: Machine, _ other: Machine) {
        guard partitions.insert(Pair(one, other)).inserted else { return }
        note("\(one.name) and \(other.name) are cut off from each other")
        for link in links where link.connects(one, other) { link.cut(noticed: []) }
    }

    package func heal(_ one: Machine, _ other: Machine) {
        if partitions.remove(Pair(one, other)) != nil { note("\(one.name) and \(other.name) reach each other again") }
    }

    package func healAll() {
        partitions = []
        note("the network is whole")
    }
}
