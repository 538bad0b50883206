import Crypto
import Foundation
import LogFormat
import SyncProtocol
import TestSupport

/// Somebody at the daemon's port who is not its program: `openssl s_client` with a key of its own choice.
final class Intruder: Sendable {
    static let openssl = "/usr/bin/openssl"
    static let isPossible = FileManager.default.isExecutableFile(atPath: openssl)

    private let folder: TemporaryDirectory
    private let hasCertificate: Bool

    /// Without a certificate.
    init() throws {
        folder = try TemporaryDirectory()
        hasCertificate = false
    }

    /// With an Ed25519 key and the certificate that carries it.
    ///
    /// * seed: 32 bytes, the private key.
    init(seed: [UInt8]) async throws {
        folder = try TemporaryDirectory()
        hasCertificate = true
        // RFC 8410: PKCS #8 around the 32 bytes.
        let wrapping: [UInt8] = [
            0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
        ]
        try Data(wrapping + seed).write(to: URL(filePath: folder.path + "/key.der"))
        try await must(["pkey", "-inform", "DER", "-in", "\(folder.path)/key.der", "-out", "\(folder.path)/key.pem"])
        try await must(
            [
                "req", "-x509", "-new", "-key", "\(folder.path)/key.pem", "-subj", "/CN=x", "-out",
                "\(folder.path)/c.pem",
            ]
        )
    }

    /// Connects, sends bytes inside TLS, and stays until the other end closes.
    func connect(to address: String, sending bytes: [UInt8] = []) throws -> RunningProgram {
        try RunningProgram(
            Self.openssl,
            bytes: (["s_client", "-alpn", "abscope", "-connect", address, "-quiet"] + certificate).map {
                Array($0.utf8)
            },
            input: bytes,
            in: folder
        )
    }

    /// Connects with its certificate and keeps the ticket that the other end gives for coming back without one.
    func takeTicket(from address: String) async throws {
        let visitor = try RunningProgram(
            Self.openssl,
            bytes: (["s_client", "-alpn", "abscope", "-connect", address, "-ign_eof", "-sess_out", ticket] + certificate)
                .map { Array($0.utf8) },
            in: folder
        )
        try await until("a ticket is kept") {
            if let status = try visitor.status { throw Hindrance("no ticket, \(status): \(try visitor.errors)") }
            return FileManager.default.contents(atPath: ticket)?.isEmpty == false
        }
        try await visitor.killed()
    }

    /// Comes back with the ticket, and stays until the other end closes.
    func resume(at address: String) throws -> RunningProgram {
        try RunningProgram(
            Self.openssl,
            bytes: (["s_client", "-alpn", "abscope", "-connect", address, "-ign_eof", "-sess_in", ticket] + certificate)
                .map { Array($0.utf8) },
            in: folder
        )
    }

    private var ticket: String { folder.path + "/ticket" }

    private var certificate: [String] {
        hasCertificate ? ["-cert", "\(folder.path)/c.pem", "-key", "\(folder.path)/key.pem"] : []
    }

    private func must(_ arguments: [String]) async throws {
        let program = try RunningProgram(Self.openssl, bytes: arguments.map { Array($0.utf8) }, in: folder)
        guard try await program.end() == 0 else { throw Hindrance("openssl: \(try program.errors)") }
    }
}

/// A member of the roster gone bad: what is needed to speak in its name.
struct Renegade {
    let seed: [UInt8]
    let key: SitePublicKey
    let registry: RegistryID
    let epoch: EpochID

    /// Takes the keys of a site that has joined.
    init(_ site: Site) async throws {
        let text = try String(contentsOf: URL(filePath: site.store + "/site.key"), encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("signing ") }
        let listed = try await site.document(["site", "list"])
        let feeds = try await site.document(["log", "stats"])["feeds"] as? [[String: Any]] ?? []
        let own = feeds.first { $0["own"] as? Bool == true }?["feed"] as? String ?? ""
        let parts = own.split(separator: "-").map(String.init)
        guard let seed = line.map({ Self.bytes(hex: $0.dropFirst(8)) }), seed.count == 32, parts.count == 3,
            let registry = RegistryID(Self.bytes(hex: (listed["registry"] as? String ?? "")[...])),
            let epoch = EpochID(Self.bytes(hex: parts[1][...]))
        else { throw Hindrance("the store of \(site.alias) does not say who it is") }
        self.seed = seed
        self.registry = registry
        self.epoch = epoch
        key = SitePublicKey(try Curve25519.Signing.PrivateKey(rawRepresentation: seed).publicKey)
    }

    /// The first words of a session, as the member itself would say them.
    var hello: [UInt8] {
        SyncMessage.hello(
            SyncMessage.Hello(
                versions: SyncMessage.Hello.supportedVersions,
                features: 0,
                registry: registry,
                site: key.siteID,
                epoch: epoch,
                wallMilliseconds: 0,
                program: "renegade"
            )
        ).frame.encoded
    }

    /// The first block of its records: claims 32 KiB, and inflates to 16 MB.
    func bomb() async throws -> [UInt8] {
        let stored = try await Self.deflatedZeros()
        let feed = FeedID(site: key.siteID, epoch: epoch, lane: .records)
        let start = FeedChain.start(key: key, epoch: epoch, lane: .records)
        let header = BlockHeader(
            firstPosition: 1,
            count: 1,
            rawLengthBytes: UInt32(Limits.blockRawBytes),
            storedLengthBytes: UInt32(stored.count),
            method: .deflate(dictionary: 0),
            storedChecksum: unsafe Checksum.of(stored.span.bytes),
            digest: start.digest
        )
        var block: [UInt8] = []
        header.encode(into: &block)
        block += stored
        let data = SyncMessage.DataBlocks(
            feed: feed,
            after: 0,
            digest: ShortDigest(start.digest),
            isPushed: true,
            blocks: try Block.decodeAll(block)
        )
        return SyncMessage.data(data).frame.encoded
    }

    /// 16 MB of zeros as one raw deflate stream, which gzip carries between 10 and 8 bytes of its own.
    private static func deflatedZeros() async throws -> [UInt8] {
        let folder = try TemporaryDirectory()
        let script = "head -c 16000000 /dev/zero | gzip -9 -n > \(folder.path)/zeros"
        let gzip = try RunningProgram("/bin/bash", bytes: ["-c", script].map { Array($0.utf8) }, in: folder)
        guard try await gzip.end() == 0 else { throw Hindrance("gzip: \(try gzip.errors)") }
        return Array(try Data(contentsOf: URL(filePath: folder.path + "/zeros")).dropFirst(10).dropLast(8))
    }

    private static func bytes(hex: Substring) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        guard digits.count == hex.count, digits.count.isMultiple(of: 2) else { return [] }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
