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

    static let title = "abscope store 0"

    init(store: String) { self.store = store }

    /// - Throws: `.notAStore`, `.corrupted`, `.unsupportedFormat`, `.inputOutput`.
    init(at paths: StorePaths, in fileSystem: any FileSystem) throws(StorageError) {
        guard try fileSystem.exists(paths.format) else {
            throw StorageError(
                .notAStore,
                "There is no Abscope store in this folder: make one with `abscope init`, or name another with --store.",
                at: .init(path: paths.root)
            )
        }
        let bytes = try fileSystem.readFile(paths.format, limitBytes: TextRecord.limitBytes)
        if let first = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first, first != Self.title[...] {
            let isOurs = first.hasPrefix("abscope store ")
            throw StorageError(
                isOurs ? .unsupportedFormat : .notAStore,
                isOurs
                    ? "The store is of another format ('\(first)'): use the version of Abscope that made it, or a later one."
                    : "The file FORMAT here is not Abscope's: name the folder of the store with --store.",
                at: .init(path: paths.format)
            )
        }
        let record = try TextRecord(bytes, title: Self.title, path: paths.format)
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

    var encoded: [UInt8] {
        var record = TextRecord(title: Self.title)
        record.add("store", store)
        for feature in compatible { record.add("compatible", feature) }
        for feature in readOnlyCompatible { record.add("read-only-compatible", feature) }
        for feature in incompatible { record.add("incompatible", feature) }
        return record.encoded
    }
}
