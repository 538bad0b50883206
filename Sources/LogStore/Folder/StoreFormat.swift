import LogFormat
import StoreIO

/// The FORMAT file: which bytes a store holds, decided when it was made.
///
/// A feature this program does not know is harmless when it is *compatible*, allows reading when *read-only
/// compatible*, and forbids opening when *incompatible*.
struct StoreFormat: Hashable, Sendable {
    /// 8 random bytes in hexadecimal; names this copy of the store's files.
    var store: String
    var compatible: [String] = []
    var readOnlyCompatible: [String] = []
    var incompatible: [String] = []

    /// The format this program writes.
    static let current = 1
    /// Which one the store is of.
    private(set) var version = StoreFormat.current

    private static func title(_ version: Int) -> String { "abscope store \(version)" }

    init(store: String) { self.store = store }

    /// Says so when there is no store; what it is can only be read while LOCK is held.
    ///
    /// - Throws: `.notAStore`; `.corrupted` when there is what is left of one; `.inputOutput`.
    static func checkPresence(at paths: StorePaths, in fileSystem: any FileSystem) throws(StorageError) {
        if try fileSystem.exists(paths.format) { return }
        if try isRestOfStore(paths, in: fileSystem) { throw StorageError.missingPart(paths.format) }
        throw StorageError(
            .notAStore,
            "There is no Abscope store in this folder: make one with `abscope init`, or name another with --store.",
            at: .init(path: paths.root)
        )
    }

    /// Whether a folder without FORMAT holds anything else of a store: nobody is to make a new one there.
    private static func isRestOfStore(
        _ paths: StorePaths,
        in fileSystem: any FileSystem
    ) throws(StorageError) -> Bool {
        for path in [paths.site, paths.key, paths.heads] where try fileSystem.exists(path) { return true }
        guard try fileSystem.status(paths.feeds)?.kind == .directory else { return false }
        return try fileSystem.listDirectory(paths.feeds).contains { LogStore.feed(named: $0) != nil }
    }

    /// Reads FORMAT. Call with LOCK held: an upgrade replaces it.
    ///
    /// - Parameters:
    ///   - paths: The store's.
    ///   - fileSystem: Where it lies.
    ///   - isUpgrading: Whether an earlier format is welcome.
    /// - Throws: `.notAStore`, `.corrupted`, `.unsupportedFormat`, `.inputOutput`.
    init(at paths: StorePaths, in fileSystem: any FileSystem, isUpgrading: Bool = false) throws(StorageError) {
        try Self.checkPresence(at: paths, in: fileSystem)
        let bytes = try fileSystem.readFile(paths.format, limitBytes: TextRecord.limitBytes)
        let first = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        let isFormer = first == Self.title(0)
        if isFormer, !isUpgrading {
            throw StorageError(
                .unsupportedFormat,
                "The store is of format 0, and this version uses format \(Self.current). Bring it up to date once with"
                    + " `abscope store upgrade`, after every program that uses it has ended; nothing recorded is lost.",
                at: .init(path: paths.format)
            )
        }
        guard isFormer || first == Self.title(Self.current) else {
            let isOurs = first.hasPrefix("abscope store ")
            throw StorageError(
                isOurs ? .unsupportedFormat : .notAStore,
                isOurs
                    ? "The store is of another format ('\(first)'): use the version of Abscope that made it, or a later one."
                    : "The file FORMAT here is not Abscope's: name the folder of the store with --store.",
                at: .init(path: paths.format)
            )
        }
        version = isFormer ? 0 : Self.current
        let record = try TextRecord(bytes, title: first, path: paths.format)
        store = record["store"] ?? ""
        compatible = record.values("compatible")
        readOnlyCompatible = record.values("read-only-compatible")
        incompatible = record.values("incompatible")
        if let unknown = incompatible.first {
            throw StorageError(
                .unsupportedFormat,
                "The store uses '\(unknown)', which this version does not know: use a newer version of Abscope.",
                at: .init(path: paths.format)
            )
        }
    }

    /// Why this program may only read the store; nil when it may write.
    func writeRefusal(at paths: StorePaths) -> StorageError? {
        guard let unknown = readOnlyCompatible.first else { return nil }
        return StorageError(
            .unsupportedFormat,
            "The store uses '\(unknown)', which this version does not know: it can be read here, and nothing can be recorded."
                + " Use a newer version of Abscope.",
            at: .init(path: paths.format)
        )
    }

    /// As this program writes it, in the format it writes.
    var encoded: [UInt8] {
        var record = TextRecord(title: Self.title(Self.current))
        record.add("store", store)
        for feature in compatible { record.add("compatible", feature) }
        for feature in readOnlyCompatible { record.add("read-only-compatible", feature) }
        for feature in incompatible { record.add("incompatible", feature) }
        return record.encoded
    }
}
