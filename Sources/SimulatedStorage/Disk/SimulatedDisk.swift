import StoreIO
import Synchronization

/// One disk of one machine, shared by any number of simulated processes, that can lose its power at any call.
///
/// Deterministic: the same calls and the same seed leave the same bytes. The model is stricter than a journaling file
/// system wherever POSIX promises nothing:
/// * data not covered by `fdatasync` is kept or lost sector by sector (512 bytes), sectors may be torn, the size of a
///   file may grow without its data;
/// * names not covered by a directory sync are kept or lost one change at a time, in any combination; a file whose data
///   is synced may still lose its name; a rename is whole or not at all;
/// * a failed sync may leave a page cache that shows bytes the disk never got;
/// * single calls can fail silently: writes that are lost, go to another place or arrive with a bit turned over, reads
///   that return old or wrong bytes (``DiskFault``);
/// * locks belong to open handles and go with them, or with their process.
///
/// A disk starts with the directories `/srv` and `/state`, both durable.
package final class SimulatedDisk: Sendable {
    private let state: Mutex<DiskState>
    private let observers = Mutex(Observers())

    /// The seed everything random on this machine comes from; print it when a test fails.
    package let seed: UInt64
    /// The clock of the machine.
    package let clock: SimulatedClock
    /// Stays with the installation; a copy of the disk in another machine gets another one.
    package let machineID: String

    /// A new, empty disk.
    ///
    /// - Parameters:
    ///   - seed: Everything random comes from it.
    ///   - machineID: The identity of the machine the disk is in.
    ///   - clock: The clock of the machine.
    package convenience init(
        seed: UInt64 = 1,
        machineID: String = "machine-1",
        clock: SimulatedClock = SimulatedClock()
    ) {
        var state = DiskState(ownerID: Self.ownerID)
        for name in ["srv", "state"] {
            let node = state.addNode(.directory, mode: 0o755, ownerID: Self.ownerID)
            state.apply(.init(edits: [.init(directory: DiskState.root, name: name, node: node)]))
        }
        state.synchronizeDirectory(DiskState.root)
        self.init(state, seed: seed, machineID: machineID, clock: clock)
    }

    private init(_ state: DiskState, seed: UInt64, machineID: String, clock: SimulatedClock) {
        self.state = Mutex(state)
        self.seed = seed
        self.machineID = machineID
        self.clock = clock
    }

    /// The account every simulated process runs as.
    package static let ownerID: UInt32 = 1000

    // MARK: - Processes

    /// Starts a process: a file system of its own on this disk.
    ///
    /// - Parameters:
    ///   - name: For the call log and messages.
    ///   - faults: Which of its calls fail.
    /// - Returns: The process, alive.
    package func process(_ name: String = "process", faults: FaultPlan = .none) -> SimulatedProcess {
        let number = with { state in
            let number = state.nextProcess
            state.nextProcess += 1
            state.processes[number] = DiskState.Process(name: name)
            return number
        }
        return SimulatedProcess(disk: self, number: number, name: name, faults: faults)
    }

    // MARK: - After a crash

    /// This disk as it is now, with every process killed and the page cache intact; the original goes on undisturbed.
    package func killed() -> SimulatedDisk { copy(with { $0.afterKill() }) }

    /// The same with another seed for everything random from here on: one disk from which many histories begin.
    package func killed(seed: UInt64) -> SimulatedDisk {
        SimulatedDisk(with { $0.afterKill() }, seed: seed, machineID: machineID, clock: clock.copy())
    }

    /// This disk as the next start of the machine finds it after a power cut now; the original goes on undisturbed.
    package func crashed(_ policy: CrashPolicy) -> SimulatedDisk { copy(with { $0.afterPowerCut(policy) }) }

    /// A copy of this disk in another machine, everything on it durable: what copying or imaging a stopped disk gives.
    package func cloned(machineID: String) -> SimulatedDisk {
        let copy = copy(with { $0.afterPowerCut(.keepAll) })
        return SimulatedDisk(
            copy.with { $0 },
            // Two copies in two machines draw different numbers.
            seed: machineID.utf8.reduce(SplitMix64.mix(seed, 3)) { SplitMix64.mix($0, UInt64($1)) },
            machineID: machineID,
            clock: clock.copy()
        )
    }

    private func copy(_ state: DiskState) -> SimulatedDisk {
        SimulatedDisk(state, seed: seed, machineID: machineID, clock: clock.copy())
    }

    /// How many sectors and sizes a power cut could lose now.
    package var unsyncedData: Int { with { $0.unsyncedData } }

    /// How many changes of names a power cut could lose now.
    package var unsyncedNames: Int { with { $0.nameChanges.count } }

    /// Changes with every power cut.
    package var bootID: String { "boot-\(machineID)-\(with { $0.bootNumber })" }

    // MARK: - Watching

    /// Every call since the disk was made or the machine started, in order.
    package var calls: [DiskCall] { with { $0.calls } }

    /// Whether ``calls`` are kept: they cost most of the time of a long run that nobody looks into.
    package func recordCalls(_ recordsCalls: Bool) { with { $0.recordsCalls = recordsCalls } }

    /// Calls `look` after every call that reached the disk, with no lock held: the place for a sweep to take ``killed()``
    /// and ``crashed(_:)`` copies.
    package func observe(_ look: (@Sendable (DiskCall) -> Void)?) { observers.withLock { $0.after = look } }

    /// Calls `look` before every call reaches the disk, with no lock held. What a program acknowledged by then must
    /// survive a crash now.
    package func observeBefore(_ look: (@Sendable (DiskCall) -> Void)?) { observers.withLock { $0.before = look } }

    /// Calls `look` before every write with the disk as a process killed in the middle of that write leaves it: half of
    /// the bytes are in the page cache.
    package func observeHalfway(_ look: (@Sendable (DiskCall, SimulatedDisk) -> Void)?) {
        observers.withLock { $0.halfway = look }
    }

    // MARK: - What goes on inside

    func with<Result: Sendable, Failure: Error>(
        _ body: (inout DiskState) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try state.withLock { (state) throws(Failure) in try body(&state) }
    }

    func look(_ call: DiskCall) {
        observers.withLock({ $0 }).after?(call)
    }

    func lookBefore(_ call: DiskCall) {
        observers.withLock({ $0 }).before?(call)
    }

    func lookHalfway(
        _ call: DiskCall,
        half: (inout DiskState) throws(StorageError) -> Void
    ) throws(StorageError) {
        guard let look = observers.withLock({ $0 }).halfway else { return }
        var state = with { $0 }
        try half(&state)
        look(call, copy(state.afterKill()))
    }
}

/// Who looks on.
///
/// Functions inside a value of their own: one that stands alone in a `Mutex` is wrapped once more at each look (as its
/// generic form and back), until calling it takes all of the stack.
private struct Observers: Sendable {
    var before: (@Sendable (DiskCall) -> Void)?
    var after: (@Sendable (DiskCall) -> Void)?
    var halfway: (@Sendable (DiskCall, SimulatedDisk) -> Void)?
}
