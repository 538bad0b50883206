/// What goes wrong at one call of a simulated process.
package enum DiskFault: Sendable, Hashable {
    /// The process is gone before the call does anything.
    case killBefore
    /// The process is gone with half of a write in the file; at any other call the same as ``killBefore``.
    case killDuring
    /// The process is gone after the call did its work and before it saw the answer.
    case killAfter
    /// The call does nothing and reports `EIO`.
    case inputOutput
    /// The call does nothing and reports that the disk is full.
    case noSpace
    /// Half of a write is in the file and the rest does not fit; at any other call the same as ``noSpace``.
    case shortWrite
    /// A sync fails, and the page cache lies from then on: it shows the new bytes as if they were on the disk, which
    /// keeps the old ones, and no later sync writes them (Rebello et al., ATC 2020). At any other call the same as
    /// ``inputOutput``.
    case lyingSync
    /// The call does nothing and reports a file system that became read-only (what ext4 does after an error).
    case readOnly

    // What follows goes wrong without anybody being told. At calls it can not concern, the call works.

    /// The call does nothing and reports success; a lock is not held. What a program that forgot the call would do.
    case skipped
    /// A read returns its bytes with one bit turned over: this one, counted from the first and around the end.
    case flippedRead(bit: Int)
    /// A read returns what the disk held before the last sync of the file.
    case staleRead
    /// A write puts its bytes there with one bit turned over, counted as in ``flippedRead(bit:)``.
    case flippedWrite(bit: Int)
    /// A write reaches the page cache and never the disk, whatever is synced afterwards.
    case lostWrite
    /// A write reaches the page cache where it belongs, and the disk so many sectors further on, over what is there.
    case misdirectedWrite(sectors: Int)
}

/// Which calls of a process fail, and how.
package struct FaultPlan: Sendable {
    private let decide: @Sendable (DiskCall) -> DiskFault?

    /// A plan of one's own.
    package init(_ decide: @escaping @Sendable (DiskCall) -> DiskFault?) { self.decide = decide }

    package static let none = FaultPlan { _ in nil }

    /// One fault at the call of this index.
    package static func at(_ index: Int, _ fault: DiskFault) -> FaultPlan {
        FaultPlan { $0.index == index ? fault : nil }
    }

    /// The same fault at the call of this index and at every call of the kinds named after it.
    ///
    /// - Parameters:
    ///   - index: The first call that may fail.
    ///   - fault: How they fail.
    ///   - operations: Calls that fail; by default all that change the disk.
    /// - Returns: The plan.
    package static func from(
        _ index: Int,
        _ fault: DiskFault,
        operations: @escaping @Sendable (DiskCall.Operation) -> Bool = { $0.changesDisk }
    ) -> FaultPlan {
        FaultPlan { $0.index >= index && operations($0.operation) ? fault : nil }
    }

    /// What is to happen at a call; nil when it works.
    package func fault(at call: DiskCall) -> DiskFault? { decide(call) }
}
