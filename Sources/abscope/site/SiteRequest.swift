import ArgumentParser
import Crypto
import LogFormat
import LogStore
import SyncEngine
import SyncProtocol

/// `abscope site request`.
struct SiteRequest: StoreCommand {
    static let configuration = CommandConfiguration("request", .siteRequest)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: .option(.siteRole)) var role: String?
    @Option(name: .long, help: .option(.address)) var address: [String] = []
    @Option(name: .long, help: .option(.outputFile), completion: .file()) var output: String?
    @Flag(name: .long, help: .option(.qrCode)) var qr = false

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        guard log.registry == nil else { throw Failure(.dataError, .alreadyJoined) }
        let request = try EnrolmentRequest(
            keys: try log.publicKeys(),
            alias: log.alias,
            role: role ?? "clinic",
            addresses: address
        )
        let signature = try log.requireIdentity().signingKey.signature(for: request.statement)
        let text = try request.text(signature: Array(signature))
        let words = request.fingerprint.joined(separator: " ")
        session.console.line(.fingerprintIs(words))
        if let output {
            try WholeFile.create(output, text, in: session.surroundings)
            session.console.line(.requestWritten(output))
        } else {
            session.console.line(.requestMade)
            session.console.document(text)
        }
        if qr { try QRCode.draw(text, session) }
        session.console.json([
            ("site", .string(String(describing: log.site))), ("fingerprint", .string(words)),
            ("request", .string(text)),
        ])
        return .success
    }
}
