package import LogFormat
package import StoreIO

/// The folder of one feed, or of one branch of a forked feed.
package struct FeedDirectory: Sendable {
    package let fileSystem: any FileSystem
    /// Absolute, without a slash at the end.
    package let path: String
    package let feed: FeedID

    package init(fileSystem: any FileSystem, path: String, feed: FeedID) {
        self.fileSystem = fileSystem
        self.path = path
        self.feed = feed
    }

    package func path(of name: SegmentName) -> String { "\(path)/\(name.fileName)" }

    /// Whether this is a later branch of a forked feed, which begins where it left the first.
    package var isBranch: Bool {
        path.utf8.last(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) == UInt8(ascii: "~")
    }

    /// Where the feed's checkpoints lie.
    package var checkpointsPath: String { "\(path)/CHECKPOINTS" }

    /// The segments there are, by position; of a segment that is there raw and sealed (a crash in the middle of
    /// sealing), the sealed one comes first.
    ///
    /// - Throws: `.corrupted` when there is no such folder; `.inputOutput`.
    package func segments() throws(StorageError) -> [SegmentName] {
        let names: [String]
        do throws(StorageError) {
            names = try fileSystem.listDirectory(path)
        } catch {
            guard error.code == .notFound else { throw error }
            // Whoever may be reading knows of the feed from HEADS, so there was one.
            throw StorageError(
                .corrupted,
                "The folder of the feed is gone: run `abscope log verify`, which says what can be fetched again.",
                at: .init(path: path),
                cause: error
            )
        }
        return names.compactMap { SegmentName(fileName: $0) }
            .sorted { ($0.firstPosition, $1.kind.rawValue) < ($1.firstPosition, $0.kind.rawValue) }
    }

    /// Says that something in a file is not what it must be.
    ///
    /// - Parameters:
    ///   - cause: What is wrong.
    ///   - path: The file.
    ///   - offsetBytes: Where in it, if known.
    ///   - positions: The entries concerned, if known.
    /// - Returns: `.unsupportedFormat` when a newer program wrote it, else `.corrupted`.
    package static func damage(
        _ cause: FormatError,
        path: String,
        offsetBytes: UInt64? = nil,
        positions: ClosedRange<UInt64>? = nil
    ) -> StorageError {
        let location = StorageError.Location(path: path, offsetBytes: offsetBytes, positions: positions)
        switch cause {
        case .unsupportedVersion, .unsupportedFeature, .unknownDictionary:
            return StorageError(
                .unsupportedFormat,
                "A newer version of this program wrote this file (\(cause)): use that version or a later one.",
                at: location,
                cause: cause
            )
        default:
            return StorageError(
                .corrupted,
                "The log is damaged here (\(cause)): run `abscope log verify`, which says what can be fetched again.",
                at: location,
                cause: cause
            )
        }
    }

    /// Runs a decoder and says where it failed.
    package static func decoding<Value>(
        _ path: String,
        at offsetBytes: UInt64? = nil,
        positions: ClosedRange<UInt64>? = nil,
        _ body: () throws(FormatError) -> Value
    ) throws(StorageError) -> Value {
        do throws(FormatError) {
            return try body()
        } catch {
            throw damage(error, path: path, offsetBytes: offsetBytes, positions: positions)
        }
    }
}
