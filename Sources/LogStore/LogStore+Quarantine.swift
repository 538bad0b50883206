import LogFormat
package import StoreIO

// What was set aside. Only a person removes anything from there.
extension LogStore {
    /// Every file in quarantine, by name.
    ///
    /// - Throws: `.inputOutput`.
    package func quarantined() throws(StorageError) -> [QuarantinedFile] {
        var files: [QuarantinedFile] = []
        for name in try surroundings.fileSystem.listDirectory(paths.quarantine) {
            guard let status = try surroundings.fileSystem.status("\(paths.quarantine)/\(name)") else { continue }
            files.append(QuarantinedFile(name: name, sizeBytes: status.sizeBytes))
        }
        return files
    }

    /// Copies a file of the quarantine to another place; durable when this returns.
    ///
    /// - Parameters:
    ///   - file: As ``quarantined()`` named it.
    ///   - path: Where; nothing may be there.
    /// - Throws: `.notFound`, `.alreadyExists`, `.tooLarge`, `.noSpace`, `.inputOutput`.
    package func export(_ file: QuarantinedFile, to path: String) throws(StorageError) {
        let bytes = try surroundings.fileSystem.readFile(
            "\(paths.quarantine)/\(file.name)",
            limitBytes: 8 * Limits.segmentBytes
        )
        try surroundings.fileSystem.createFile(path, with: bytes)
    }

    /// Removes a file of the quarantine for good; durable when this returns.
    ///
    /// - Throws: `.notFound`, `.readOnly`, `.inputOutput`.
    package func discard(_ file: QuarantinedFile) throws(StorageError) {
        try whileAppending { _ throws(StorageError) in
            // Only what is listed: a name is no path.
            guard try quarantined().contains(where: { $0.name == file.name }) else {
                throw StorageError(
                    .notFound,
                    "There is no \(file.name) in quarantine.",
                    at: .init(path: paths.quarantine)
                )
            }
            try surroundings.fileSystem.unlink("\(paths.quarantine)/\(file.name)")
            try surroundings.fileSystem.syncDirectory(paths.quarantine)
        }
    }
}
