import Glibc
import StoreIO

/// Everything a simulated disk knows, as a value: copying it is a snapshot.
struct DiskState: Sendable {
    static let root = 1
    private static let slash = UInt8(ascii: "/")

    /// A change of names, whole or not at all: one edit for a new or removed name, two for a rename.
    struct NameChange: Sendable, Hashable {
        struct Edit: Sendable, Hashable {
            var directory: Int
            var name: String
            /// What the name stands for afterwards; nil when it is gone.
            var node: Int?
        }
        var edits: [Edit]
    }

    struct Handle: Sendable {
        var process: Int
        var node: Int
        var access: FileAccess
    }

    struct Process: Sendable {
        var name: String
        var isAlive = true
        var calls = 0
    }

    var nodes: [Int: DiskNode]
    var nextNode = 2
    /// Changes of names that no directory sync has covered yet, oldest first.
    var nameChanges: [NameChange] = []
    var handles: [Int: Handle] = [:]
    var nextHandle = 1
    /// Advisory locks: by node, then by handle.
    var locks: [Int: [Int: LockMode]] = [:]
    var processes: [Int: Process] = [:]
    var nextProcess = 100
    var bootNumber = 1
    var capacityBytes: UInt64?
    var isReadOnly = false
    var calls: [DiskCall] = []
    var recordsCalls = true

    init(ownerID: UInt32) {
        nodes = [Self.root: DiskNode(kind: .directory, ownerID: ownerID, mode: 0o755)]
    }

    // MARK: - Paths

    static func failure(_ number: Int32, _ call: String, _ path: String) -> StorageError {
        StorageError(systemCall: call, errno: number, path: path)
    }

    /// The node a path names, or nil when nothing is there.
    func resolve(_ path: String, call: String) throws(StorageError) -> Int? {
        guard path.utf8.first == Self.slash else { throw Self.failure(EINVAL, call, path) }
        var node = Self.root
        // By bytes and without an array of components: every call of every process comes along here.
        var rest = path.utf8[...]
        while let start = rest.firstIndex(where: { $0 != Self.slash }) {
            rest = rest[start...]
            let component = rest.prefix { $0 != Self.slash }
            rest = rest[component.endIndex...]
            guard let directory = nodes[node], directory.kind == .directory else {
                throw Self.failure(ENOTDIR, call, path)
            }
            guard component.count <= 255 else { throw Self.failure(ENAMETOOLONG, call, path) }
            guard let next = directory.names[String(Substring(component))] else { return nil }
            node = next
        }
        return node
    }

    func existing(_ path: String, call: String) throws(StorageError) -> (number: Int, node: DiskNode) {
        guard let number = try resolve(path, call: call), let node = nodes[number] else {
            throw Self.failure(ENOENT, call, path)
        }
        return (number, node)
    }

    /// The directory a path lies in and the last component.
    func place(_ path: String, call: String) throws(StorageError) -> (directory: Int, name: String) {
        guard let end = path.utf8.lastIndex(where: { $0 != Self.slash }) else { throw Self.failure(EBUSY, call, path) }
        let named = path.utf8[...end]
        let start = named.lastIndex(of: Self.slash).map(path.utf8.index(after:)) ?? path.utf8.startIndex
        let name = String(Substring(named[start...]))
        let (number, node) = try existing(String(path[..<start]), call: call)
        guard node.kind == .directory else { throw Self.failure(ENOTDIR, call, path) }
        return (number, name)
    }

    func checkWritable(_ call: String, _ path: String) throws(StorageError) {
        if isReadOnly { throw Self.failure(EROFS, call, path) }
    }

    // MARK: - Names

    mutating func apply(_ change: NameChange) {
        for edit in change.edits { nodes[edit.directory]?.names[edit.name] = edit.node }
        nameChanges.append(change)
    }

    mutating func addNode(_ kind: FileStatus.Kind, mode: UInt32, ownerID: UInt32) -> Int {
        let number = nextNode
        nextNode += 1
        nodes[number] = DiskNode(kind: kind, ownerID: ownerID, mode: mode)
        return number
    }

    /// Makes the changes that touch this directory durable, whole: a rename between two directories is one transaction
    /// of the file system's journal. Other changes stay open, also older ones.
    mutating func synchronizeDirectory(_ directory: Int) {
        var open: [NameChange] = []
        var settled: Set<String> = []
        for change in nameChanges.reversed() {
            if change.edits.contains(where: { $0.directory == directory }) {
                for edit in change.edits where settled.insert("\(edit.directory)/\(edit.name)").inserted {
                    nodes[edit.directory]?.durableNames[edit.name] = edit.node
                }
            } else {
                var rest = change
                // An older change of a name must not come back over a younger one that is durable.
                rest.edits.removeAll { settled.contains("\($0.directory)/\($0.name)") }
                if !rest.edits.isEmpty { open.append(rest) }
            }
        }
        nameChanges = open.reversed()
    }

    // MARK: - Space

    /// Bytes taken by files that have a name or are open.
    var usedBytes: UInt64 {
        var inUse = Set(handles.values.map(\.node))
        for node in nodes.values { inUse.formUnion(node.names.values) }
        return inUse.reduce(0) { $0 + UInt64(((nodes[$1]?.live.count ?? 0) + 4095) / 4096 * 4096) }
    }

    /// How far a file may reach when it is to grow to `end`, given the free space.
    func reachable(_ node: Int, end: Int) -> Int {
        guard let capacityBytes, let size = nodes[node]?.live.count, end > size else { return end }
        let free = capacityBytes - min(capacityBytes, usedBytes)
        let ceiling = (size + 4095) / 4096 * 4096 + Int(free / 4096 * 4096)
        return min(end, ceiling)
    }

    // MARK: - Processes and locks

    mutating func kill(_ process: Int) {
        processes[process]?.isAlive = false
        for (number, handle) in handles where handle.process == process { close(number, of: handle) }
    }

    mutating func close(_ number: Int) {
        if let handle = handles[number] { close(number, of: handle) }
    }

    private mutating func close(_ number: Int, of handle: Handle) {
        locks[handle.node]?[number] = nil
        handles[number] = nil
    }

    func status(of number: Int, node: DiskNode) -> FileStatus {
        FileStatus(
            kind: node.kind,
            sizeBytes: node.kind == .file ? UInt64(node.live.count) : 4096,
            inode: UInt64(number),
            device: 1,
            ownerID: node.ownerID,
            mode: node.mode
        )
    }
}
