import SyncEngine
import SyncProtocol

/// One connection between two machines, as TCP gives it: bytes in order, until it breaks, perhaps without anybody knowing.
final class Link: @unchecked Sendable {
    private unowned let world: World
    let number: Int
    /// The one that dialled comes first.
    private(set) var ends: [LinkEnd] = []
    let quality: World.Quality
    /// When it came about.
    let nanoseconds: UInt64
    /// Nothing gets through any more.
    private(set) var isCut = false

    /// How long sent data stays unacknowledged before TCP gives up, and how long nothing at all is noticed.
    static let unacknowledgedNanoseconds: UInt64 = 60_000_000_000
    static let keepAliveNanoseconds: UInt64 = 1_900_000_000_000

    init(_ world: World, number: Int, from dialler: DaemonRun, to listener: DaemonRun, report: DialReport) {
        self.world = world
        self.number = number
        nanoseconds = world.now
        quality = world.quality(between: dialler.machine, listener.machine)
        ends = [
            LinkEnd(world, self, of: dialler, to: listener.machine, report: report),
            LinkEnd(world, self, of: listener, to: dialler.machine, report: nil),
        ]
        ends[0].other = ends[1]
        ends[1].other = ends[0]
    }

    var name: String { "link \(number) \(ends[0].machine.name)>\(ends[1].machine.name)" }

    func connects(_ one: Machine, _ other: Machine) -> Bool {
        (ends[0].machine === one && ends[1].machine === other)
            || (ends[0].machine === other && ends[1].machine === one)
    }

    /// What is on its way is lost, in the middle of a frame or not; ends that notice are told a little later.
    func cut(noticed: [LinkEnd]) {
        if !isCut {
            isCut = true
            let names = noticed.map(\.machine.name).joined(separator: " and ")
            world.note("\(name) is cut, noticed by \(noticed.isEmpty ? "nobody" : names)")
            world.judge.disturbed(self)
        }
        for end in noticed {
            world.at(world.now + quality.latencyNanoseconds, in: end.daemon.life) { end.close() }
        }
        for end in ends where !noticed.contains(where: { $0 === end }) { end.isLeftAlone() }
    }

    var isOver: Bool { ends.allSatisfy { !$0.isOpen || !$0.daemon.life.isAlive } }

    /// Nobody uses it any more.
    func forget() { ends = [] }
}
