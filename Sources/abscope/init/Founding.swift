import Crypto
import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol

/// A registry about to be founded, whose administrator this site is. The private half of its recovery key exists in this
/// process only.
struct Founding {
    private let name: String
    private let recovery = Curve25519.Signing.PrivateKey()
    private let entry: [UInt8]
    private let admission: [UInt8]

    /// Writes nothing.
    init(_ name: String, of log: LogStore, in session: Session) throws {
        self.name = name
        let draft = session.rosterDraft
        let keys = try log.publicKeys()
        entry = try draft.founding(
            name: name,
            administrator: keys,
            recoveryKey: Array(recovery.publicKey.rawRepresentation),
            nonce: session.surroundings.random.bytes(16)
        )
        admission = try draft.admission(keys, alias: log.alias, role: "hub", in: try Roster(founding: entry))
    }

    private var registry: String { String(describing: RegistryID(foundedBy: entry)) }
    private var recoveryKey: String { RecoveryKey(recovery).text }

    /// What JSON says of it.
    var members: [(String, JSON)] { [("registry", .string(registry)), ("recovery_key", .string(recoveryKey))] }

    /// Says what people have to know of it.
    func tell(on console: Console) {
        console.line(.registryFounded(name: name, registry: registry))
        console.line()
        console.line(.recoveryKeyOnce)
        console.line(.recoveryKeyLine(recoveryKey))
        console.line()
    }

    /// Founds it; durable when this returns.
    func record(in log: LogStore) throws {
        _ = try log.append([entry, admission], to: .roster)
        try log.join(RegistryMembership(foundingEntry: entry))
    }
}
