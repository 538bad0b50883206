/// Everything that what happens next on a disk nobody runs on can depend on, as a key: two copies with equal images and
/// equal clocks behave alike, so judging one of them judges both.
///
/// Left out are only the log of calls and the numbers that the next process, handle and file get.
package struct DiskImage: Sendable, Hashable {
    private let nodes: [Int: DiskNode]
    private let nameChanges: [DiskState.NameChange]
    private let bootNumber: Int
    private let capacityBytes: UInt64?
    private let isReadOnly: Bool
    private let milliseconds: Int64

    init(_ state: DiskState, milliseconds: Int64) {
        // What a stale read would show matters only to a run with such faults, and those are judged for themselves.
        nodes = state.nodes.mapValues { node in
            var node = node
            node.stale = SparseBytes()
            return node
        }
        nameChanges = state.nameChanges
        bootNumber = state.bootNumber
        capacityBytes = state.capacityBytes
        isReadOnly = state.isReadOnly
        self.milliseconds = milliseconds
    }
}

extension SimulatedDisk {
    /// What the disk holds, durable and not.
    ///
    /// - Complexity: Shares the disk's pages; hashing and comparing read all of them.
    package var image: DiskImage {
        let milliseconds = clock.millisecondsSinceEpoch()
        return with { DiskImage($0, milliseconds: milliseconds) }
    }
}
