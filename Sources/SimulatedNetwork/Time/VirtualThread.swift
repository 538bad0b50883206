import SyncEngine

/// A thread of a simulated program: does one piece of work after the other, each taking a little time.
///
/// Shared only by what is in one ``World``, which one thread uses at a time; hence `@unchecked`.
final class VirtualThread: WorkQueue, @unchecked Sendable {
    private unowned let world: World
    private let program: ProgramLife
    private let nanoseconds: ClosedRange<Int>
    private var freeAt: UInt64 = 0

    init(_ world: World, of program: ProgramLife, taking nanoseconds: ClosedRange<Int>) {
        self.world = world
        self.program = program
        self.nanoseconds = nanoseconds
    }

    /// Its next piece of work takes so much longer.
    func stall(nanoseconds: UInt64) { freeAt = max(freeAt, world.now) + nanoseconds }

    /// When it has done what it was given.
    var isFreeAt: UInt64 { max(freeAt, world.now) }

    func submit(_ work: @escaping @Sendable () -> Void) { run(work) }

    func submit(afterMilliseconds milliseconds: Int, _ work: @escaping @Sendable () -> Void) {
        world.at(world.now + UInt64(milliseconds) * 1_000_000, in: program) { [weak self] in self?.run(work) }
    }

    func run(_ work: @escaping () -> Void) {
        freeAt = max(freeAt, world.now) + UInt64(world.between(nanoseconds))
        world.at(freeAt, in: program, work)
    }
}

/// Whether a simulated program still runs: what it wanted done later is not done once it has ended.
final class ProgramLife: @unchecked Sendable {
    let machine: Machine
    private(set) var isAlive = true

    init(on machine: Machine) { self.machine = machine }

    func end() { isAlive = false }
}
