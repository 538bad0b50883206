package import LogStore
package import StoreIO

/// The keys of persons as a backup holds them: no part of the log, and without them no name can be read.
package enum PersonKeyBackup {
    /// How the backup calls them.
    package static let name = "person-keys"

    /// What a backup is to hold of keys.
    package struct Content: Sendable {
        /// nil where no key was ever kept.
        package var extra: BackupExtra?
        /// Keys that only the former backup has: the store lost them, or they were altered there.
        package var keptKeys = 0
        /// Why those of the store can not be read; nil when they can.
        package var problem: String?

        package init() {}
    }

    /// The keys of a store, destroyed ones marked as such, and those that the former backup has besides.
    ///
    /// Of two keys under one id the one that opens values counts, and before both that it was destroyed: who was erased does
    /// not come back.
    ///
    /// - Parameters:
    ///   - log: The store.
    ///   - former: What the former backup holds; nothing for the first.
    ///   - erased: Keys that erasures asked to destroy, wherever they are left.
    ///   - surroundings: The machine.
    /// - Returns: What is to be in the backup.
    /// - Throws: `StorageError` when the store's folder can not be read.
    package static func content(
        of log: LogStore,
        keeping former: [BackupExtra],
        erased: [[UInt8]],
        in surroundings: Surroundings
    ) throws(StorageError) -> Content {
        var content = Content()
        var list = KeyList()
        var isAny = false
        do {
            let path = "\(log.root)/keys.sqlite"
            let keys = PersonKeyStore(path: path, fileSystem: surroundings.fileSystem)
            if try surroundings.fileSystem.exists(path), let rows = try keys.rows() {
                isAny = true
                list.add(rows)
            }
        } catch let error as StorageError {
            throw error
        } catch let error as CaseStoreError {
            content.problem = error.message
        } catch {
            content.problem = "The file keys.sqlite can not be read (\(type(of: error)))."
        }
        list.destroy(erased)
        if let extra = former.first(where: { $0.name == name }) {
            do throws(CaseStoreError) {
                content.keptKeys = list.add(try KeyList(decoding: extra.bytes).rows)
                isAny = true
            } catch {
                // Nothing can be read of it any more: what the store has takes its place.
                content.problem = content.problem ?? error.message
            }
        }
        if isAny { content.extra = BackupExtra(name: name, bytes: list.encoded) }
        return content
    }

    /// Puts the keys into the folder that is to become a store; durable when this returns.
    ///
    /// - Throws: `.corrupted` when they are not what they should be, or can not be written.
    package static func place(
        _ extras: [BackupExtra],
        in root: String,
        _ surroundings: Surroundings
    ) throws(StorageError) {
        guard let extra = extras.first(where: { $0.name == name }) else { return }
        do {
            let keys = PersonKeyStore(path: "\(root)/keys.sqlite", fileSystem: surroundings.fileSystem)
            _ = try keys.keep(try KeyList(decoding: extra.bytes).rows)
        } catch let error as StorageError {
            throw error
        } catch {
            throw StorageError(.corrupted, "The keys of persons could not be restored: \(error)", at: .init(path: root))
        }
    }
}
