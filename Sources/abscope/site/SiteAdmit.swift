import ArgumentParser
import CaseModel
import LogFormat
import LogStore
import SyncEngine
import SyncProtocol

/// `abscope site admit`.
struct SiteAdmit: StoreCommand {
    static let configuration = CommandConfiguration("admit", .siteAdmit)

    @OptionGroup var common: CommonOptions
    @Flag(name: .long, help: .option(.dryRun)) var dryRun = false
    @Argument(help: .option(.requestFile), completion: .file()) var request: String
    @Option(name: .long, help: .option(.reads)) var reads: [String] = []
    @Option(name: .long, help: .option(.address)) var address: [String] = []
    @Option(name: .long, help: .option(.fingerprint)) var fingerprint: String?
    @Option(name: .long, help: .option(.continues)) var continues: String?
    @Option(name: .long, help: .option(.outputFile), completion: .file()) var output: String?
    @Flag(name: .long, help: .option(.qrCode)) var qr = false

    func perform(in session: Session) throws -> ExitStatus {
        let bytes = try WholeFile.read(request, limitBytes: 1 << 16)
        let request = try EnrolmentRequest(text: try StandardInput.text(of: bytes, from: request))
        let desk = try RosterDesk(session)
        try desk.checkAdministrator()
        let (log, roster, names) = (desk.log, desk.roster, desk.names)
        let words = request.fingerprint.joined(separator: " ")
        session.console.note(.fingerprintIs(words))
        let former = try continues.map { try desk.member($0) }
        var entries = [
            try desk.draft.admission(
                request.keys,
                alias: request.alias,
                role: request.role,
                addresses: request.addresses,
                reads: reads.isEmpty ? former?.reads ?? [] : try reads.map { try desk.member($0).site },
                continues: former?.site,
                in: roster
            )
        ]
        if let former, !former.isRevoked {
            let rows = try desk.rows(of: former.site)
            entries += try desk.draft.revocations(
                of: former.site,
                cutOffs: rows,
                reason: say(.site(.replacedKey)),
                in: roster
            )
            try desk.explain(former, rows, session)
        }
        let addresses = address.isEmpty ? roster[log.site]?.addresses ?? [] : address
        let invitation = try invitation(for: request, addresses, log)
        if addresses.isEmpty { session.console.note(.site(.invitationWithoutAddress)) }
        if !addresses.isEmpty, roster[log.site]?.addresses.isEmpty == true {
            session.console.note(.site(.addressOnlyInInvitation(log.alias)))
        }
        var members: [(String, JSON)] = [
            ("site", .string(String(describing: request.keys.signing.siteID))), ("alias", .string(request.alias)),
            ("fingerprint", .string(words)),
        ]
        guard !dryRun else {
            session.console.line(.wouldAdmit(request.alias))
            session.console.json([("admitted", .bool(false)), ("dry_run", .bool(true))] + members)
            return .success
        }
        guard try isSame(words, session) else { throw Failure(.usage, .notRecorded) }
        // Before the admission, which can not be taken back: without its invitation nobody could join.
        if let output { try WholeFile.create(output, invitation, in: session.surroundings) }
        let entry = try append(entries, desk)
        members.append(("reference", .string(names.reference(entry))))
        members.append(("invitation", .string(invitation)))
        session.console.line(.siteAdmitted(request.alias))
        if former != nil { session.console.line(.site(.goesOnAs(request.alias))) }
        session.console.line(.recorded(reference: names.reference(entry)))
        if let output {
            session.console.line(.invitationWritten(output))
        } else {
            session.console.document(invitation)
        }
        if qr { try QRCode.draw(invitation, session) }
        session.console.json([("admitted", .bool(true))] + members)
        return .success
    }

    private func append(_ entries: [[UInt8]], _ desk: RosterDesk) throws -> EntryReference {
        do {
            // The admission, which is always there.
            return try desk.append(entries)[0]
        } catch {
            if let output { WholeFile.remove(output) }
            throw error
        }
    }

    /// Whether a person has compared the words. In a pipe they have to be given, as the other site read them out.
    private func isSame(_ words: String, _ session: Session) throws -> Bool {
        if let fingerprint {
            let given = TypedText.folded(fingerprint).lowercased().split(whereSeparator: { $0 == " " || $0 == "-" })
            guard given.joined(separator: " ") == words.lowercased() else {
                throw Failure(.noPermission, .fingerprintDiffers)
            }
            return true
        }
        guard session.input.isInteractive else { throw Failure(.usage, .fingerprintNeeded) }
        session.console.note(.compareByVoice)
        return try session.input.confirm(.fingerprint)
    }

    private func invitation(for request: EnrolmentRequest, _ addresses: [String], _ log: LogStore) throws -> String {
        guard let founding = try log.membership()?.foundingEntry else {
            throw Failure(.configuration, .noRegistry, remedy: .noRegistryRemedy)
        }
        return try Invitation(
            admittedSite: request.keys.signing.siteID,
            dialKey: try log.requireIdentity().publicKey,
            addresses: addresses,
            foundingEntry: founding
        ).text
    }
}
