import LogFormat
import StoreIO

/// A note outside the store of where the store lies and how far it was: a store that was copied, moved or restored
/// without it is noticed before it writes, and no position is ever used twice.
struct IncarnationMarker: Hashable, Sendable {
    var machineID: String
    /// Inode of the store's LOCK file, which a copy does not share.
    var inode: UInt64
    /// When that file was made, which a copy does not share either: an inode is given to the next file once it is free. nil
    /// where the file system does not know.
    var bornNanoseconds: UInt64?
    var store: String
    var epoch: EpochID
    /// Lower bounds: the store has at least these.
    var heads: [Lane: FeedHead]

    static let title = "abscope marker 0"

    /// Where the marker of a store lies.
    ///
    /// - Throws: `.invalidArgument` when SITE can not hold the path.
    static func path(store: String, machine: Machine) throws(StorageError) -> String {
        guard !TextRecord.isBroken(machine.stateDirectory) else {
            throw StorageError(
                .invalidArgument,
                "The path of the folder for state has a line break: choose another (XDG_STATE_HOME).",
                at: .init(path: machine.stateDirectory)
            )
        }
        return "\(machine.stateDirectory)/stores/\(store).marker"
    }

    init(
        machineID: String,
        inode: UInt64,
        bornNanoseconds: UInt64?,
        store: String,
        epoch: EpochID,
        heads: [Lane: FeedHead]
    ) {
        self.bornNanoseconds = bornNanoseconds
        self.machineID = machineID
        self.inode = inode
        self.store = store
        self.epoch = epoch
        self.heads = heads
    }

    /// - Returns: nil when there is none.
    /// - Throws: `.inputOutput`.
    init?(at path: String, in fileSystem: any FileSystem) throws(StorageError) {
        let record: TextRecord
        do throws(StorageError) {
            guard try fileSystem.exists(path) else { return nil }
            record = try TextRecord(
                try fileSystem.readFile(path, limitBytes: TextRecord.limitBytes),
                title: Self.title,
                path: path
            )
        } catch  where [.corrupted, .unsupportedFormat, .tooLarge, .permissionDenied].contains(error.code) {
            // A marker that can not be read says nothing, like one that is gone: the safe side is a new epoch.
            return nil
        }
        guard let machineID = record["machine"], let inode = record["inode"].flatMap({ UInt64($0) }),
            let store = record["store"],
            let epoch = record["epoch"].flatMap({ [UInt8](hexadecimal: $0) }).flatMap({ EpochID($0) }),
            let heads = SiteRecord.Parent.heads(record.values("head"))
        else { return nil }
        self.init(
            machineID: machineID,
            inode: inode,
            bornNanoseconds: record["born"].flatMap { UInt64($0) },
            store: store,
            epoch: epoch,
            heads: heads
        )
    }

    /// Writes the marker; durable when this returns.
    func save(at path: String, in fileSystem: any FileSystem) throws(StorageError) {
        try fileSystem.makeDirectories(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
        var record = TextRecord(title: Self.title)
        record.add("machine", machineID)
        record.add("inode", String(inode))
        if let bornNanoseconds { record.add("born", String(bornNanoseconds)) }
        record.add("store", store)
        record.add("epoch", epoch.description)
        for head in SiteRecord.Parent.describe(heads) { record.add("head", head) }
        try fileSystem.replaceFile(path, with: record.encoded)
    }

    /// Why the store is not the one that wrote the marker, or not all of it.
    ///
    /// - Parameters:
    ///   - current: What the marker of the store as it lies here would say.
    ///   - digest: The digest of a lane of the marker's epoch at a position; nil beyond its end.
    /// - Returns: nil when it is that store, as long or longer.
    /// - Throws: What `digest` throws.
    func difference(
        from current: IncarnationMarker,
        digest: (Lane, UInt64) throws(StorageError) -> ChainDigest?
    ) throws(StorageError) -> String? {
        if store != current.store { return "the marker belongs to another store" }
        if machineID != current.machineID { return "the store was moved or copied to another machine" }
        if inode != current.inode { return "the store was copied or restored" }
        if let bornNanoseconds, let now = current.bornNanoseconds, bornNanoseconds != now {
            return "the store was copied or restored"
        }
        if epoch != current.epoch { return "the store is of another epoch than its marker" }
        for (lane, head) in heads.sorted(by: { $0.key < $1.key }) {
            guard let digest = try digest(lane, head.position) else {
                return
                    "the store is older than its marker: position \(head.position) of lane \(lane.rawValue) is missing"
            }
            if digest != head.digest { return "the store holds another entry at position \(head.position) than it did" }
        }
        return nil
    }
}
