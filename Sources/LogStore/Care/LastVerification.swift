package import StoreIO

/// What was found when the whole store was last read and proven.
///
/// Knowledge for whoever looks at the store later, and nothing that anything rests on: losing the file costs a run of
/// `log verify`.
package struct LastVerification: Hashable, Sendable {
    /// Milliseconds since 1970 by this machine's clock.
    package var milliseconds: Int64
    package var provenEntries: UInt64
    /// How many places were damaged, accepted losses not counted.
    package var damagedPlaces: Int
    /// The first few of them, each with cause, file and positions. Never clinical.
    package var damages: [String]

    private static let title = "abscope verification 0"
    /// So many places are named.
    private static let named = 20

    init(_ report: StoreReport, milliseconds: Int64) {
        self.milliseconds = milliseconds
        provenEntries = report.provenEntries
        let damaged = report.all.filter { $0.weight == .damage }
        damagedPlaces = damaged.count
        damages = damaged.prefix(Self.named).map { finding in
            finding.description.split(whereSeparator: \.isNewline).joined(separator: " ")
        }
    }

    /// - Throws: `.corrupted`, `.unsupportedFormat`, `.notFound`, `.inputOutput`.
    init(at path: String, in fileSystem: any FileSystem) throws(StorageError) {
        let bytes = try fileSystem.readFile(path, limitBytes: TextRecord.limitBytes)
        let record = try TextRecord(bytes, title: Self.title, path: path)
        guard let moment = record["time"].flatMap({ Int64($0) }), let proven = record["proven"].flatMap({ UInt64($0) }),
            let places = record["damaged"].flatMap({ Int($0) })
        else { throw StorageError(.corrupted, "The note of a verification is not whole.", at: .init(path: path)) }
        milliseconds = moment
        provenEntries = proven
        damagedPlaces = places
        damages = record.values("damage")
    }

    var encoded: [UInt8] {
        var record = TextRecord(title: Self.title)
        record.add("time", String(milliseconds))
        record.add("proven", String(provenEntries))
        record.add("damaged", String(damagedPlaces))
        for damage in damages { record.add("damage", damage) }
        return record.encoded
    }
}

extension LogStore {
    /// What was found when the store was last verified; nil when it never was, or nothing legible is left of that.
    ///
    /// - Throws: `.inputOutput`.
    package func lastVerification() throws(StorageError) -> LastVerification? {
        do throws(StorageError) {
            return try LastVerification(at: paths.verification, in: surroundings.fileSystem)
        } catch {
            switch error.code {
            case .notFound, .corrupted, .unsupportedFormat, .tooLarge: return nil
            default: throw error
            }
        }
    }

    /// Keeps what verifying the whole store found, for ``lastVerification()``.
    ///
    /// - Throws: ``writeRefusal``, `.noSpace`, `.locked`, `.inputOutput`.
    package func keep(_ report: StoreReport) throws(StorageError) {
        let found = LastVerification(report, milliseconds: surroundings.clock.millisecondsSinceEpoch())
        try whileAppending { _ throws(StorageError) in
            try surroundings.fileSystem.replaceFile(paths.verification, with: found.encoded)
        }
    }
}
