package import StoreIO

/// What a test does to a disk behind the back of the programs: damage, limits, copies. None of it counts as a call, and
/// all of it is durable at once.
extension SimulatedDisk {
    /// What programs read in a file now.
    package func contents(_ path: String) throws(StorageError) -> [UInt8] {
        try with { (state) throws(StorageError) in
            let node = try state.existing(path, call: "open").node
            return node.live.read(0..<node.live.count)
        }
    }

    /// What the disk would give back of a file after a power cut that loses everything not synced.
    package func durableContents(_ path: String) throws(StorageError) -> [UInt8] {
        try with { (state) throws(StorageError) in
            let node = try state.existing(path, call: "open").node
            return node.durable.read(0..<node.durable.count)
        }
    }

    /// Every path below a directory, the directory left out, sorted.
    package func tree(_ path: String = "/") throws(StorageError) -> [String] {
        try with { (state) throws(StorageError) in
            let start = try state.existing(path, call: "open").number
            var result: [String] = []
            var waiting = [(start, path == "/" ? "" : path)]
            while let (number, prefix) = waiting.popLast() {
                for (name, child) in state.nodes[number]?.names ?? [:] {
                    result.append("\(prefix)/\(name)")
                    if state.nodes[child]?.kind == .directory { waiting.append((child, "\(prefix)/\(name)")) }
                }
            }
            return result.sorted()
        }
    }

    /// Puts other bytes into a file, in the page cache and on the disk alike; the size grows when they reach beyond it.
    package func overwrite(_ path: String, at offset: Int, with bytes: [UInt8]) throws(StorageError) {
        try change(path) { node in
            node.live.write(bytes[...], at: offset)
            node.durable.write(bytes[...], at: offset)
        }
    }

    /// Turns one bit of a file over.
    package func flipBit(_ path: String, byte offset: Int, bit: Int = 0) throws(StorageError) {
        let old = try contents(path)
        guard offset < old.count else {
            throw StorageError(.invalidArgument, "The file has only \(old.count) bytes.", at: .init(path: path))
        }
        try overwrite(path, at: offset, with: [old[offset] ^ (1 << UInt8(bit))])
    }

    /// Cuts a file, as a broken copy or a bad disk check does.
    package func truncate(_ path: String, to count: Int) throws(StorageError) {
        try change(path) { node in
            node.live.resize(to: count)
            node.durable.resize(to: count)
            node.unsynced = []
        }
    }

    /// Removes a file, or a directory with all that is in it.
    package func remove(_ path: String) throws(StorageError) {
        try with { (state) throws(StorageError) in
            _ = try state.existing(path, call: "unlink")
            try Self.name(path, nil, call: "unlink", in: &state)
        }
    }

    /// Copies a file, or a directory with all that is in it, as `cp -a` or restoring a backup does: new inodes.
    package func copyTree(_ source: String, to destination: String) throws(StorageError) {
        try with { (state) throws(StorageError) in
            let original = try state.existing(source, call: "open").number
            try Self.name(destination, state.duplicate(original), call: "open", in: &state)
        }
    }

    /// Moves something to another name; the inode stays.
    package func move(_ source: String, to destination: String) throws(StorageError) {
        try with { (state) throws(StorageError) in
            let node = try state.existing(source, call: "rename").number
            try Self.name(source, nil, call: "rename", in: &state)
            try Self.name(destination, node, call: "rename", in: &state)
        }
    }

    /// Gives a name to a node, or takes the name away, durably.
    private static func name(
        _ path: String,
        _ node: Int?,
        call: String,
        in state: inout DiskState
    ) throws(StorageError) {
        let (directory, name) = try state.place(path, call: call)
        state.nodes[directory]?.names[name] = node
        state.nodes[directory]?.durableNames[name] = node
    }

    /// Makes a symbolic link; opening it fails as on a real disk.
    package func makeSymbolicLink(_ path: String) throws(StorageError) {
        try with { (state) throws(StorageError) in
            let node = state.addNode(.symbolicLink, mode: 0o777, ownerID: Self.ownerID)
            try Self.name(path, node, call: "symlink", in: &state)
        }
    }

    /// Changes the owner or the permission bits of a file or directory.
    package func setStatus(_ path: String, ownerID: UInt32? = nil, mode: UInt32? = nil) throws(StorageError) {
        try change(path) { node in
            if let ownerID { node.ownerID = ownerID }
            if let mode { node.mode = mode }
        }
    }

    /// Sets how much the disk holds in all; nil for no limit. What is already there stays.
    package func setCapacity(bytes: UInt64?) { with { $0.capacityBytes = bytes } }

    /// Leaves this much free from now on.
    package func setFreeSpace(bytes: UInt64) { with { $0.capacityBytes = $0.usedBytes + bytes } }

    /// Makes every change fail with `.readOnly`, or lets changes through again.
    package func setReadOnly(_ isReadOnly: Bool) { with { $0.isReadOnly = isReadOnly } }

    /// The page cache forgets what it need not keep: after a failed sync, reads show what the disk really has.
    package func dropCleanPages() {
        with { state in
            for number in state.nodes.keys { state.nodes[number]?.dropCleanPages() }
        }
    }

    private func change(_ path: String, _ body: (inout DiskNode) -> Void) throws(StorageError) {
        try with { (state) throws(StorageError) in
            var (number, node) = try state.existing(path, call: "open")
            body(&node)
            state.nodes[number] = node
        }
    }
}

extension DiskState {
    /// A copy of a node and of everything below it, durable, with numbers of its own.
    fileprivate mutating func duplicate(_ original: Int) -> Int {
        let number = nextNode
        nextNode += 1
        guard var copy = nodes[original] else { return number }
        copy.durable = copy.live
        copy.unsynced = []
        for name in copy.names.keys.sorted() {
            if let child = copy.names[name] { copy.names[name] = duplicate(child) }
        }
        copy.durableNames = copy.names
        nodes[number] = copy
        return number
    }
}
