package import StoreIO

/// Runs the same work from the same start again and again, with the same fault one call later each time.
package enum FaultSweep {
    /// Sweeps until a run makes fewer calls than the fault's place.
    ///
    /// - Parameters:
    ///   - fault: What goes wrong.
    ///   - first: The first call that fails.
    ///   - stride: How many calls later the next run fails.
    ///   - isLasting: Every later call that changes the disk fails as well, as on a disk that stays full.
    ///   - start: The disk each run starts from; it is copied and stays as it is.
    ///   - attempt: The work, on the process that will meet the fault. Only failures of storage may leave it.
    ///   - judge: Looks at the disk after each run, with the processes still on it, and at the failure that left the
    ///     work, nil when it ended well; throws when something is wrong.
    /// - Returns: How many calls the work makes, at least.
    /// - Throws: A ``CrashFailure`` for the first run the judge did not accept.
    @discardableResult
    package static func run(
        _ fault: DiskFault,
        first: Int = 0,
        stride: Int = 1,
        isLasting: Bool = false,
        from start: SimulatedDisk,
        attempt: (SimulatedProcess) throws(StorageError) -> Void,
        judge: (SimulatedDisk, StorageError?) throws -> Void
    ) throws -> Int {
        var index = first
        while true {
            let disk = start.killed()
            let process = disk.process("victim", faults: isLasting ? .from(index, fault) : .at(index, fault))
            var failure: StorageError?
            do throws(StorageError) {
                try attempt(process)
            } catch {
                failure = error
            }
            guard process.callCount > index else { return index }
            do {
                try judge(disk, failure)
            } catch {
                let call = disk.calls.first { $0.process == "victim" && $0.index == index }
                throw CrashFailure(point: CrashPoint(call: call, cut: .fault(fault)), seed: start.seed, cause: error)
            }
            index += stride
        }
    }
}
