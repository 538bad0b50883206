package import StoreIO

extension CaseStore {
    /// Looks at the file of keys, without opening the records.
    ///
    /// - Parameters:
    ///   - root: The store's folder.
    ///   - fileSystem: Where it lies.
    /// - Returns: Why it can not be trusted; nil when it is whole, or there is none.
    package static func keyFileProblem(at root: String, in fileSystem: any FileSystem) -> String? {
        PersonKeyStore(path: "\(root)/keys.sqlite", fileSystem: fileSystem).integrityProblem()
    }
}
