package import Crypto
import FoundationEssentials
package import LogFormat
import NIOCore
import NIOSSL
import SwiftASN1
import X509

/// TLS 1.3 between two sites: each proves its Ed25519 site key, and nothing else counts.
///
/// The certificate that carries the key is made in memory from the key and signed by itself. Names, dates, issuers and
/// extensions of a peer's certificate are never looked at: clinics have wrong clocks and no authority. What a key may do
/// is the roster's business.
package struct SiteTLS: Sendable {
    /// What both ends have to agree on by ALPN.
    static let protocolName = "abscope"

    /// The key this end proves.
    package let key: SitePublicKey
    private let server: NIOSSLContext
    private let client: NIOSSLContext

    /// - Parameter signingKey: The site's private key. Kept by the TLS library for as long as this value lives.
    /// - Throws: What the certificate or TLS library throws; with a sound key only when memory is out.
    /// - Complexity: One signature and two TLS contexts, about a millisecond.
    package init(signingKey: Curve25519.Signing.PrivateKey) throws {
        key = SitePublicKey(signingKey.publicKey)
        let carrier = Certificate.PrivateKey(signingKey)
        let chain = [NIOSSLCertificateSource.certificate(try Self.certificate(for: carrier))]
        let secret = NIOSSLPrivateKeySource.privateKey(
            try NIOSSLPrivateKey(bytes: carrier.serializeAsPEM().derBytes, format: .der)
        )
        var server = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: secret)
        var client = TLSConfiguration.makeClientConfiguration()
        client.certificateChain = chain
        client.privateKey = secret
        Self.restrict(&server)
        Self.restrict(&client)
        self.server = try NIOSSLContext(configuration: server)
        self.client = try NIOSSLContext(configuration: client)
    }

    /// The handler for a connection that was accepted.
    ///
    /// - Parameters:
    ///   - proven: Filled with the peer's key before the handshake completes.
    ///   - isWelcome: Whether a key may go on; asked on the event loop, so it must not block.
    /// - Returns: A handler for one connection.
    func serverHandler(
        proven: ProvenKey,
        isWelcome: @escaping @Sendable (SitePublicKey) -> Bool
    ) -> NIOSSLServerHandler {
        NIOSSLServerHandler(context: server, customVerificationCallback: Self.verify(proven, isWelcome))
    }

    /// The handler for a connection that was dialled. No server name is sent: an address says nothing about a site.
    func clientHandler(
        proven: ProvenKey,
        isWelcome: @escaping @Sendable (SitePublicKey) -> Bool
    ) throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(
            context: client,
            serverHostname: nil,
            customVerificationCallback: Self.verify(proven, isWelcome)
        )
    }

    /// What both ends have in common: only 1.3, only Ed25519, and always a certificate from the other end.
    ///
    /// The TLS library gives tickets to whoever completed a handshake, and can not be told not to. A client that comes
    /// back with one is asked for no certificate: then no key is proven in this handshake and ``PeerHandler`` closes. Our
    /// own client never resumes, so tickets do nothing.
    ///
    /// The hybrid group, which the library offers by default, costs 2.3 KB a connection: its key shares are 1.1 KB each way,
    /// and the library sends one wherever it stands in the list. docs/security.md says what X25519 alone means.
    private static func restrict(_ configuration: inout TLSConfiguration) {
        configuration.minimumTLSVersion = .tlsv13
        configuration.maximumTLSVersion = .tlsv13
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates([])
        configuration.signingSignatureAlgorithms = [.ed25519]
        configuration.verifySignatureAlgorithms = [.ed25519]
        configuration.applicationProtocols = [protocolName]
        configuration.curves = [.x25519]
    }

    private static func verify(
        _ proven: ProvenKey,
        _ isWelcome: @escaping @Sendable (SitePublicKey) -> Bool
    ) -> NIOSSLCustomVerificationCallback {
        { certificates, promise in
            do {
                guard let certificate = certificates.first,
                    let key = siteKey(subjectInfo: try certificate.extractPublicKey().toSPKIBytes())
                else { return promise.succeed(.failed) }
                proven.set(key)
                promise.succeed(isWelcome(key) ? .certificateVerified : .failed)
            } catch {
                promise.fail(error)
            }
        }
    }

    /// Takes the raw key out of a SubjectPublicKeyInfo.
    ///
    /// - Returns: nil unless it is exactly the 44 bytes RFC 8410 gives for Ed25519: 12 fixed ones, then the key.
    static func siteKey(subjectInfo: [UInt8]) -> SitePublicKey? {
        let prefix: [UInt8] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]
        guard subjectInfo.starts(with: prefix) else { return nil }
        return SitePublicKey(subjectInfo.dropFirst(prefix.count))
    }

    private static func certificate(for key: Certificate.PrivateKey) throws -> NIOSSLCertificate {
        let name = try DistinguishedName { CommonName("abscope site") }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            // 2000 to 2049: nobody looks, but the fields can not be left out.
            notValidBefore: Date(timeIntervalSince1970: 946_684_800),
            notValidAfter: Date(timeIntervalSince1970: 2_493_072_000),
            issuer: name,
            subject: name,
            signatureAlgorithm: .ed25519,
            extensions: Certificate.Extensions(),
            issuerPrivateKey: key
        )
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
    }
}
