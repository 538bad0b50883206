import Glibc
package import StoreIO

/// A process on a simulated machine: its view of the disk, which ends when it is killed.
package final class SimulatedProcess: FileSystem {
    let disk: SimulatedDisk
    package let number: Int
    /// For the call log and messages.
    package let name: String
    private let faults: FaultPlan

    init(disk: SimulatedDisk, number: Int, name: String, faults: FaultPlan) {
        self.disk = disk
        self.number = number
        self.name = name
        self.faults = faults
    }

    /// Everything a store takes from this machine, with randomness of this process's own.
    package var surroundings: Surroundings {
        Surroundings(
            fileSystem: self,
            clock: disk.clock,
            random: SimulatedRandom(seed: SplitMix64.mix(disk.seed, UInt64(number))),
            machine: Machine(
                bootID: disk.bootID,
                machineID: disk.machineID,
                userID: SimulatedDisk.ownerID,
                processID: Int32(number),
                stateDirectory: "/state"
            )
        )
    }

    /// Ends the process as SIGKILL does: its locks are free, the page cache stays, every later call throws `.halted`.
    package func kill() { disk.with { $0.kill(number) } }

    /// Whether the process still runs.
    package var isAlive: Bool { disk.with { $0.processes[number]?.isAlive ?? false } }

    /// How many calls it has made, and so the index of its next one.
    package var callCount: Int { disk.with { $0.processes[number]?.calls ?? 0 } }

    // MARK: - FileSystem

    package func openFile(_ path: String, _ access: FileAccess) throws(StorageError) -> any OpenFile {
        let creates = access == .create || access == .openOrCreate
        let handle = try call(creates ? .create : .open, path) { (state) throws(StorageError) in
            let node: Int
            if let found = try state.resolve(path, call: "open"), let existing = state.nodes[found] {
                if access == .create { throw DiskState.failure(EEXIST, "open", path) }
                try Self.checkRegular(existing, path)
                if access != .read { try state.checkWritable("open", path) }
                node = found
            } else {
                guard creates else { throw DiskState.failure(ENOENT, "open", path) }
                let (directory, name) = try state.place(path, call: "open")
                try state.checkWritable("open", path)
                node = state.addNode(.file, mode: 0o600, ownerID: SimulatedDisk.ownerID)
                state.apply(.init(edits: [.init(directory: directory, name: name, node: node)]))
            }
            let handle = state.nextHandle
            state.nextHandle += 1
            state.handles[handle] = DiskState.Handle(process: self.number, node: node, access: access)
            return handle
        }
        return SimulatedFile(process: self, handle: handle, path: path)
    }

    package func listDirectory(_ path: String) throws(StorageError) -> [String] {
        try call(.list, path) { (state) throws(StorageError) in
            let node = try state.existing(path, call: "open").node
            guard node.kind == .directory else { throw DiskState.failure(ENOTDIR, "open", path) }
            return node.names.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }

    package func makeDirectory(_ path: String) throws(StorageError) {
        try call(.makeDirectory, path) { (state) throws(StorageError) in
            let (directory, name) = try state.place(path, call: "mkdir")
            if try state.resolve(path, call: "mkdir") != nil { throw DiskState.failure(EEXIST, "mkdir", path) }
            try state.checkWritable("mkdir", path)
            let node = state.addNode(.directory, mode: 0o700, ownerID: SimulatedDisk.ownerID)
            state.apply(.init(edits: [.init(directory: directory, name: name, node: node)]))
        }
    }

    package func rename(_ source: String, to destination: String) throws(StorageError) {
        try call(.rename, source, destination: destination) { (state) throws(StorageError) in
            try state.rename(source, to: destination, replacing: true)
        }
    }

    package func renameWithoutReplacing(_ source: String, to destination: String) throws(StorageError) {
        try call(.renameWithoutReplacing, source, destination: destination) { (state) throws(StorageError) in
            try state.rename(source, to: destination, replacing: false)
        }
    }

    package func unlink(_ path: String) throws(StorageError) {
        try call(.unlink, path) { (state) throws(StorageError) in
            let (directory, name) = try state.place(path, call: "unlink")
            let node = try state.existing(path, call: "unlink").node
            if node.kind == .directory { throw DiskState.failure(EISDIR, "unlink", path) }
            try state.checkWritable("unlink", path)
            state.apply(.init(edits: [.init(directory: directory, name: name, node: nil)]))
        }
    }

    package func removeDirectory(_ path: String) throws(StorageError) {
        try call(.removeDirectory, path) { (state) throws(StorageError) in
            let (directory, name) = try state.place(path, call: "rmdir")
            let node = try state.existing(path, call: "rmdir").node
            guard node.kind == .directory else { throw DiskState.failure(ENOTDIR, "rmdir", path) }
            guard node.names.isEmpty else { throw DiskState.failure(ENOTEMPTY, "rmdir", path) }
            try state.checkWritable("rmdir", path)
            state.apply(.init(edits: [.init(directory: directory, name: name, node: nil)]))
        }
    }

    package func syncDirectory(_ path: String) throws(StorageError) {
        try call(
            .syncDirectory,
            path,
            silently: { (_, _) throws(StorageError) in },
            effect: { (state) throws(StorageError) in
                let (number, node) = try state.existing(path, call: "open")
                guard node.kind == .directory else { throw DiskState.failure(ENOTDIR, "open", path) }
                state.synchronizeDirectory(number)
            }
        )
    }

    package func status(_ path: String) throws(StorageError) -> FileStatus? {
        try call(.status, path) { (state) throws(StorageError) in
            do throws(StorageError) {
                guard let number = try state.resolve(path, call: "statx"), let node = state.nodes[number] else {
                    return nil
                }
                return state.status(of: number, node: node)
            } catch  where (error.cause as? SystemCallFailure)?.number == ENOTDIR {
                return nil
            }
        }
    }

    package func freeSpaceBytes(_ path: String) throws(StorageError) -> UInt64 {
        try call(.freeSpace, path) { (state) throws(StorageError) in
            _ = try state.existing(path, call: "statvfs")
            guard let capacity = state.capacityBytes else { return 1 << 40 }
            return capacity - min(capacity, state.usedBytes)
        }
    }

    private static func checkRegular(_ node: DiskNode, _ path: String) throws(StorageError) {
        switch node.kind {
        case .file: return
        case .directory: throw DiskState.failure(EISDIR, "open", path)
        case .symbolicLink: throw DiskState.failure(ELOOP, "open", path)
        case .other: throw DiskState.failure(EINVAL, "open", path)
        }
    }

    // MARK: - Calls

    /// One call: counted, logged, perhaps failed, seen by the observer.
    ///
    /// `half` is what is left when the call is broken off in the middle, `lie` when a sync fails and the page cache lies,
    /// `silently` what a fault does that nobody is told of.
    func call<Result: Sendable>(
        _ operation: DiskCall.Operation,
        _ path: String,
        bytes: Range<UInt64>? = nil,
        destination: String? = nil,
        half: ((inout DiskState) throws(StorageError) -> Void)? = nil,
        lie: ((inout DiskState) -> Void)? = nil,
        silently: ((inout DiskState, DiskFault) throws(StorageError) -> Result)? = nil,
        effect: (inout DiskState) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        let call = try disk.with { (state) throws(StorageError) in
            guard var process = state.processes[self.number], process.isAlive else { throw self.halted(path) }
            let call = DiskCall(
                index: process.calls,
                process: self.name,
                operation: operation,
                path: path,
                bytes: bytes,
                destination: destination
            )
            process.calls += 1
            state.processes[self.number] = process
            if state.recordsCalls { state.calls.append(call) }
            return call
        }
        disk.lookBefore(call)
        defer { disk.look(call) }
        let fault = faults.fault(at: call)
        if fault == nil, let half { try disk.lookHalfway(call, half: half) }
        return try disk.with { (state) throws(StorageError) in
            guard state.processes[self.number]?.isAlive == true else { throw self.halted(path) }
            switch fault {
            case nil:
                return try effect(&state)
            case .killBefore:
                state.kill(self.number)
                throw self.halted(path)
            case .killDuring:
                try half?(&state)
                state.kill(self.number)
                throw self.halted(path)
            case .killAfter:
                defer { state.kill(self.number) }
                _ = try effect(&state)
                throw self.halted(path)
            case .inputOutput:
                throw DiskState.failure(EIO, operation.rawValue, path)
            case .noSpace:
                throw DiskState.failure(ENOSPC, operation.rawValue, path)
            case .shortWrite:
                try half?(&state)
                throw DiskState.failure(ENOSPC, operation.rawValue, path)
            case .lyingSync:
                lie?(&state)
                throw DiskState.failure(EIO, operation.rawValue, path)
            case .readOnly:
                throw DiskState.failure(EROFS, operation.rawValue, path)
            case .some(let fault) where fault.concerns(operation):
                if let silently { return try silently(&state, fault) }
                return try effect(&state)
            case .skipped, .flippedRead, .staleRead, .flippedWrite, .lostWrite, .misdirectedWrite:
                return try effect(&state)
            }
        }
    }

    private func halted(_ path: String) -> StorageError {
        StorageError(.halted, "The simulated process \(name) was killed.", at: .init(path: path))
    }
}

extension DiskFault {
    /// Whether this is a silent fault that can concern a call of this kind.
    fileprivate func concerns(_ operation: DiskCall.Operation) -> Bool {
        switch (self, operation) {
        case (.skipped, .synchronize), (.skipped, .syncDirectory), (.skipped, .lock): true
        case (.flippedRead, .read), (.staleRead, .read): true
        case (.flippedWrite, .write), (.lostWrite, .write), (.misdirectedWrite, .write): true
        default: false
        }
    }
}

extension DiskState {
    fileprivate mutating func rename(
        _ source: String,
        to destination: String,
        replacing: Bool
    ) throws(StorageError) {
        let call = replacing ? "rename" : "renameat2"
        let (sourceDirectory, sourceName) = try place(source, call: call)
        let (directory, name) = try place(destination, call: call)
        let (number, moved) = try existing(source, call: call)
        let target = try resolve(destination, call: call)
        if target != nil, !replacing { throw Self.failure(EEXIST, call, destination) }
        if moved.kind == .directory, destination.hasPrefix(source + "/") {
            throw Self.failure(EINVAL, call, destination)
        }
        if let target, let replaced = nodes[target] {
            if target == number { return }
            if source.hasPrefix(destination + "/") { throw Self.failure(ENOTEMPTY, call, destination) }
            switch (moved.kind == .directory, replaced.kind == .directory) {
            case (true, false): throw Self.failure(ENOTDIR, call, destination)
            case (false, true): throw Self.failure(EISDIR, call, destination)
            case (true, true) where !replaced.names.isEmpty: throw Self.failure(ENOTEMPTY, call, destination)
            default: break
            }
        }
        try checkWritable(call, destination)
        apply(
            NameChange(edits: [
                .init(directory: sourceDirectory, name: sourceName, node: nil),
                .init(directory: directory, name: name, node: number),
            ])
        )
    }
}
