import LogFormat
import LogStore
import SyncEngine

extension Failure {
    /// - Parameters:
    ///   - refusal: Why a bundle is not made, or not taken.
    ///   - names: What people call the sites.
    private init(_ refusal: BundleRefusal, _ names: RecordNames) {
        switch refusal {
        case .noFile(let path): self.init(.noInput, .bundle(.noFile(path)))
        case .notAFile(let path): self.init(.noInput, .bundle(.notAFile(path)))
        case .forOthers(let sites): self.init(.noPermission, .bundle(.forOthers(sites.map { names.site($0) })))
        case .otherRegistry: self.init(.noPermission, .bundle(.otherRegistry))
        case .senderUnknown(let site): self.init(.noPermission, .bundle(.senderUnknown(names.site(site))))
        case .senderRevoked(let site): self.init(.noPermission, .bundle(.senderRevoked(names.site(site))))
        case .tooSmall(let bytes): self.init(.usage, .bundle(.tooSmall(Quantities.bytes(bytes))))
        }
    }

    /// Does something with a bundle; a refusal becomes a sentence with the names of the sites, as they are known then.
    ///
    /// - Throws: What `body` throws.
    static func naming<Result>(sitesOf log: LogStore, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let refusal as BundleRefusal {
            throw Failure(refusal, try RecordNames(log))
        }
    }
}
