import LogFormat
import LogStore
import SimulatedStorage
import StoreIO
import SyncEngine
import SyncProtocol

/// Carries bundles between machines: late, cut off, or twice.
struct Courier {
    private let world: World
    private var sticks: [Stick] = []

    /// A bundle on its way.
    private struct Stick {
        var from: Machine
        var to: Machine
        var bytes: [UInt8]
    }

    private static let stickPath = "/srv/stick"

    init(in world: World) { self.world = world }

    /// Makes a bundle somewhere, or takes one where it is for.
    mutating func go(_ numbers: inout SplitMix64) {
        if !sticks.isEmpty, numbers.chance(2, in: 3) {
            let index = numbers.below(sticks.count)
            var stick = sticks[index]
            // Some are used twice.
            if numbers.chance(2, in: 3) { sticks.remove(at: index) }
            if numbers.chance(1, in: 3) { stick.bytes.removeLast(numbers.below(stick.bytes.count)) }
            take(stick)
            return
        }
        let from = world.machines[numbers.below(world.machines.count)]
        let to = world.machines[numbers.below(world.machines.count)]
        guard from.site != to.site else { return }
        if let stick = make(from, to) { sticks.append(stick) }
    }

    /// Makes a bundle and takes it where it is for, at once.
    func carry(from: Machine, to: Machine) {
        if let stick = make(from, to) { take(stick) }
    }

    /// No crash leaves half of a file that is replaced.
    private func damaged(_ why: any Error) {
        world.fail("what is noted of other sites is whole", at: "a command", "\(why)")
    }

    private func make(_ from: Machine, _ to: Machine) -> Stick? {
        let bytes = from.command("bundle export") { log -> [UInt8]? in
            guard let roster = try Roster(in: log), let member = roster[to.site], !member.isRevoked,
                roster[from.site]?.isRevoked == false
            else { return nil }
            let surroundings = from.disk.process("courier").surroundings
            let file = SiteNotesFile(in: Machine.root, surroundings.fileSystem)
            let notes = try file.change(waitingNanoseconds: 1_000_000, damaged: damaged) { notes in
                notes.number += 1
                return notes
            }
            guard let notes else { return nil }
            let plan = try BundlePlan(for: [to.site], from: log, roster: roster, known: notes.vectors)
            // Taken away before a power cut, it may be there again.
            if try surroundings.fileSystem.exists(Self.stickPath) {
                try surroundings.fileSystem.unlink(Self.stickPath)
            }
            _ = try NewFile.make(Self.stickPath, in: surroundings) { file in
                try BundleMaking.make(
                    plan,
                    number: notes.number,
                    for: [member],
                    in: surroundings,
                    program: "simulated",
                    from: log,
                    to: file
                )
            }
            let bytes = try surroundings.fileSystem.readFile(Self.stickPath, limitBytes: 1 << 24)
            try surroundings.fileSystem.unlink(Self.stickPath)
            return bytes
        }
        guard let bytes = bytes ?? nil else { return nil }
        world.note("\(from.name): a bundle of \(bytes.count) bytes for \(to.name)")
        return Stick(from: from, to: to, bytes: bytes)
    }

    private func take(_ stick: Stick) {
        world.note("\(stick.to.name): a bundle of \(stick.bytes.count) bytes of \(stick.from.name) is taken")
        _ = stick.to.command("bundle import") { log in
            guard let roster = try Roster(in: log) else { return }
            let fileSystem = stick.to.disk.process("courier").surroundings.fileSystem
            if try fileSystem.exists(Self.stickPath) { try fileSystem.unlink(Self.stickPath) }
            try fileSystem.replaceFile(Self.stickPath, with: stick.bytes)
            defer { world.judge.arrived(at: stick.to) }
            do {
                let bundle = try BundleFile(at: Self.stickPath, in: fileSystem)
                let secret = try bundle.secret(for: log, roster)
                let pass = try BundlePass.take(bundle, secret, into: log, roster, Stage.draft)
                if let statement = pass.statement {
                    let heads = try statement.heads(in: log)
                    let now = stick.to.disk.clock.millisecondsSinceEpoch()
                    _ = try SiteNotesFile(in: Machine.root, fileSystem).change(
                        waitingNanoseconds: 1_000_000,
                        damaged: damaged
                    ) {
                        $0.take(statement, number: bundle.header.number, heads: heads, at: now)
                    }
                }
            } catch let refusal as BundleRefusal {
                world.note("\(stick.to.name): refused, \(refusal)")
            } catch let error as SyncError where error.code == .illFormed {
                // Cut within its header.
                world.note("\(stick.to.name): refused, \(error)")
            }
            try fileSystem.unlink(Self.stickPath)
        }
    }
}
