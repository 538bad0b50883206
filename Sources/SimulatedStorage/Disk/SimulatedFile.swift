import Glibc
import StoreIO

/// An open file of a simulated process.
final class SimulatedFile: OpenFile {
    private let process: SimulatedProcess
    private let handle: Int
    let path: String

    init(process: SimulatedProcess, handle: Int, path: String) {
        self.process = process
        self.handle = handle
        self.path = path
    }

    deinit { process.disk.with { $0.close(handle) } }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offsetBytes: UInt64) throws(StorageError) -> Int {
        let start = try Self.offset(offsetBytes, path)
        let count = buffer.count
        func get(_ state: DiskState, _ fault: DiskFault?) throws(StorageError) -> [UInt8] {
            let node = try self.opened(in: state, "pread").node
            let end = min(start + count, node.live.count)
            let wanted = min(start, end)..<end
            var bytes = node.live.read(wanted)
            switch fault {
            case .flippedRead(let bit): Self.flip(bit, in: &bytes)
            case .staleRead:
                // The size is the directory's word and not stale; where the disk had nothing yet are zeros.
                let old = node.stale.read(wanted.clamped(to: 0..<node.stale.count))
                bytes = old + [UInt8](repeating: 0, count: bytes.count - old.count)
            default: break
            }
            return bytes
        }
        let bytes = try process.call(
            .read,
            path,
            bytes: offsetBytes..<offsetBytes + UInt64(count),
            silently: { (state, fault) throws(StorageError) in try get(state, fault) },
            effect: { (state) throws(StorageError) in try get(state, nil) }
        )
        unsafe buffer.copyBytes(from: bytes)
        return bytes.count
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offsetBytes: UInt64) throws(StorageError) {
        let start = try Self.offset(offsetBytes, path)
        let bytes = unsafe [UInt8](bytes)
        // The real handle loops until nothing is left, so nothing to write is no call.
        guard !bytes.isEmpty else { return }
        func put(
            _ wanted: ArraySlice<UInt8>,
            _ state: inout DiskState,
            _ fault: DiskFault? = nil
        ) throws(StorageError) {
            var (number, node, access) = try self.opened(in: state, "pwrite")
            if access == .read { throw DiskState.failure(EBADF, "pwrite", self.path) }
            try state.checkWritable("pwrite", self.path)
            let end = state.reachable(number, end: start + wanted.count)
            let fitting = wanted.prefix(max(0, end - start))
            switch fault {
            case .flippedWrite(let bit):
                var flipped = Array(fitting)
                Self.flip(bit, in: &flipped)
                node.write(flipped[...], at: start)
            case .lostWrite: node.writeToCacheOnly(fitting, at: start)
            case .misdirectedWrite(let sectors): node.writeMisdirected(fitting, at: start, sectors: sectors)
            default: node.write(fitting, at: start)
            }
            state.nodes[number] = node
            if fitting.count < wanted.count { throw DiskState.failure(ENOSPC, "pwrite", self.path) }
        }
        try process.call(
            .write,
            path,
            bytes: offsetBytes..<offsetBytes + UInt64(bytes.count),
            half: { (state) throws(StorageError) in try put(bytes.prefix(bytes.count / 2), &state) },
            silently: { (state, fault) throws(StorageError) in try put(bytes[...], &state, fault) },
            effect: { (state) throws(StorageError) in try put(bytes[...], &state) }
        )
    }

    func synchronizeData() throws(StorageError) {
        try process.call(
            .synchronize,
            path,
            lie: { state in
                if let number = state.handles[self.handle]?.node { state.nodes[number]?.losePending() }
            },
            silently: { (_, _) throws(StorageError) in },
            effect: { (state) throws(StorageError) in
                let number = try self.opened(in: state, "fdatasync").number
                state.nodes[number]?.synchronize()
            }
        )
    }

    func allocate(_ range: Range<UInt64>) throws(StorageError) {
        let end = try Self.offset(range.upperBound, path)
        try process.call(.allocate, path, bytes: range) { (state) throws(StorageError) in
            let (number, node, access) = try self.opened(in: state, "fallocate")
            if access == .read { throw DiskState.failure(EBADF, "fallocate", self.path) }
            if range.isEmpty { throw DiskState.failure(EINVAL, "fallocate", self.path) }
            try state.checkWritable("fallocate", self.path)
            guard state.reachable(number, end: end) == end else {
                throw DiskState.failure(ENOSPC, "fallocate", self.path)
            }
            if end > node.live.count { state.nodes[number]?.live.resize(to: end) }
        }
    }

    func status() throws(StorageError) -> FileStatus {
        try process.call(.fileStatus, path) { (state) throws(StorageError) in
            let (number, node, _) = try self.opened(in: state, "statx")
            return state.status(of: number, node: node)
        }
    }

    func lock(_ mode: LockMode, waiting: Bool) throws(StorageError) -> Bool {
        func take(_ state: inout DiskState) throws(StorageError) -> Bool {
            let number = try self.opened(in: state, "flock").number
            let others = (state.locks[number] ?? [:]).filter { $0.key != self.handle }
            if others.isEmpty || (mode == .shared && others.values.allSatisfy { $0 == .shared }) {
                state.locks[number, default: [:]][self.handle] = mode
                return true
            }
            guard waiting else {
                // As flock(2) does: a conversion that would block has already given up the lock it held.
                state.locks[number]?[self.handle] = nil
                return false
            }
            let holders = others.keys.compactMap { state.handles[$0]?.process }.sorted()
                .map { "\(state.processes[$0]?.name ?? "?") (\($0))" }
            throw StorageError(
                .locked,
                "Simulated deadlock: \(self.process.name) would wait for ever for a lock that \(holders) holds."
                    + " One thread drives all simulated processes: the test has to let the holder go on first.",
                at: .init(path: self.path)
            )
        }
        return try process.call(
            .lock,
            path,
            silently: { (_, _) throws(StorageError) in true },
            effect: { (state) throws(StorageError) in try take(&state) }
        )
    }

    func lock(waitingNanoseconds: UInt64) throws(StorageError) -> Bool {
        try lock(waitingNanoseconds: waitingNanoseconds, by: process.disk.clock)
    }

    func unlock() throws(StorageError) {
        try process.call(.unlock, path) { (state) throws(StorageError) in
            let number = try self.opened(in: state, "flock").number
            state.locks[number]?[self.handle] = nil
        }
    }

    func lockHolder() -> LockHolder? {
        process.disk.with { state in
            guard let number = state.handles[self.handle]?.node else { return nil }
            let others = (state.locks[number] ?? [:]).keys.filter { $0 != self.handle }.sorted()
            return others.compactMap { state.handles[$0]?.process }.first.map {
                LockHolder(processID: Int32($0), program: state.processes[$0]?.name)
            }
        }
    }

    private func opened(
        in state: DiskState,
        _ call: String
    ) throws(StorageError) -> (number: Int, node: DiskNode, access: FileAccess) {
        guard let open = state.handles[handle], let node = state.nodes[open.node] else {
            throw DiskState.failure(EBADF, call, path)
        }
        return (open.node, node, open.access)
    }

    /// Turns one bit over, counted from the first and around the end.
    private static func flip(_ bit: Int, in bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let bit = bit % (bytes.count * 8)
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }

    private static func offset(_ offsetBytes: UInt64, _ path: String) throws(StorageError) -> Int {
        guard offsetBytes <= 1 << 40 else { throw DiskState.failure(EFBIG, "pwrite", path) }
        return Int(offsetBytes)
    }
}
