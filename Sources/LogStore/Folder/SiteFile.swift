import StoreIO

/// SITE as this process last read it.
///
/// Held open: so long its inode is given to no other file, and a file that took its place is noticed by having another.
struct SiteFile: Sendable {
    let record: SiteRecord
    private let file: any OpenFile
    private let inode: UInt64

    /// - Throws: `.corrupted`, also when there is no such file; `.unsupportedFormat`, `.inputOutput`.
    init(at paths: StorePaths, in fileSystem: any FileSystem) throws(StorageError) {
        file = try fileSystem.openPart(paths.site)
        record = try SiteRecord(file)
        inode = try file.status().inode
    }

    /// Whether SITE is still the file that was read.
    ///
    /// - Throws: `.inputOutput`.
    /// - Complexity: One status call.
    func isCurrent(in fileSystem: any FileSystem) throws(StorageError) -> Bool {
        try fileSystem.status(file.path)?.inode == inode
    }
}
