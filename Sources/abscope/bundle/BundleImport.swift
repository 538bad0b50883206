import ArgumentParser
import LogFormat
import LogStore
import StoreIO
import SyncProtocol

/// `abscope bundle import`.
struct BundleImport: StoreCommand {
    static let configuration = CommandConfiguration("import", .bundleImport)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.bundleFile), completion: .file()) var file: String

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        guard let roster = try Roster(in: log) else {
            throw Failure(.configuration, .noRegistry, remedy: .noRegistryRemedy)
        }
        let names = try RecordNames(log)
        let bundle = try BundleFile(at: try Surrounding.realPath(file), in: session.surroundings.fileSystem)
        let secret = try opened(bundle, by: log, roster, names)
        var pass = try take(bundle, secret, log, roster, session)
        if pass.taking.isWorthRepeating {
            pass = try take(bundle, secret, log, pass.taking.roster, session, after: pass)
        }
        var isNews = false
        if let statement = pass.statement {
            isNews = try session.changeBundleNotes(of: log) { $0.take(statement, number: bundle.header.number) }
        }
        return tell(pass, of: bundle, isNews: isNews, in: log, try RecordNames(log), session)
    }

    /// - Throws: ``Failure`` 77 when the bundle is not one that this site takes.
    private func opened(
        _ bundle: BundleFile,
        by log: LogStore,
        _ roster: Roster,
        _ names: RecordNames
    ) throws -> BundleSecret {
        let header = bundle.header
        guard header.registry == roster.registry else { throw Failure(.noPermission, .bundle(.otherRegistry)) }
        guard let member = roster[header.sender] else {
            throw Failure(.noPermission, .bundle(.senderUnknown(names.site(header.sender))))
        }
        guard !member.isRevoked else {
            throw Failure(.noPermission, .bundle(.senderRevoked(names.site(header.sender))))
        }
        try header.verify(key: member.keys.signing)
        return try bundle.secret(for: log, names)
    }

    /// One time through the file.
    private struct Pass {
        var taking: BundleTaking
        var statement: BundleStatement?
        var ending: BundleFile.Ending
        /// Whole parts that were read.
        var parts: UInt64
        var keys = 0
        var keyProblem: String?
        /// Where feeds stood before the first pass.
        var before: [FeedID: UInt64]
    }

    private func take(
        _ bundle: BundleFile,
        _ secret: BundleSecret,
        _ log: LogStore,
        _ roster: Roster,
        _ session: Session,
        after first: Pass? = nil
    ) throws -> Pass {
        let taking = try BundleTaking(log, from: bundle.header.sender, roster: roster)
        var cursor = BundleFile.Cursor(bundle, secret)
        var pass = Pass(taking: taking, ending: .cut, parts: 0, before: first?.before ?? [:])
        pass.keys = first?.keys ?? 0
        let progress = SharedProgress(.bundle(.importing), on: session.console)
        defer { progress.finish() }
        while let event = try cursor.next() {
            switch event {
            case .statement(let statement):
                pass.statement = statement
                taking.take(statement)
            case .message(.keys(let packets)):
                do {
                    pass.keys += try session.clinic().accept(packets, from: bundle.header.sender)
                } catch {
                    // The records count; keys come again with the next bundle or session.
                    pass.keyProblem = Failure(describing: error).sentence
                }
            case .message(let message): try taking.take(message)
            }
            progress.advance(to: cursor.offsetBytes, of: bundle.sizeBytes)
        }
        try taking.finish()
        pass.ending = cursor.ending ?? .cut
        pass.parts = cursor.chunks
        for (feed, outcome) in taking.outcomes where pass.before[feed] == nil { pass.before[feed] = outcome.before }
        return pass
    }

    // MARK: - Telling

    private func tell(
        _ pass: Pass,
        of bundle: BundleFile,
        isNews: Bool,
        in log: LogStore,
        _ names: RecordNames,
        _ session: Session
    ) -> ExitStatus {
        let console = session.console
        let sender = names.site(bundle.header.sender)
        console.line(.bundle(.from(sender, number: bundle.header.number)))
        var rows: [JSON] = []
        var (entries, unproven, problems) = (UInt64(0), UInt64(0), 0)
        let feeds = Set(pass.before.keys).union(pass.taking.outcomes.keys).sorted()
        for feed in feeds {
            let now = pass.taking.standing(feed)
            let here = now?.attested.position ?? 0
            let before = min(pass.before[feed] ?? here, here)
            let waits = now.map { $0.stored.position - $0.attested.position } ?? 0
            let problem = pass.taking.outcomes[feed]?.problem
            entries += here - before
            unproven += waits
            let name = "\(names.site(feed.site)) \(feed.lane.name): "
            if here > before { console.line((name + say(.bundle(.new(here - before)))).safeForTerminal) }
            if waits > 0 { console.line((name + say(.bundle(.unproven(waits)))).safeForTerminal) }
            if let problem {
                problems += 1
                console.line((name + say(.bundle(text(of: problem, sender)))).safeForTerminal)
            }
            rows.append(
                .object([
                    ("feed", .string(String(describing: feed))), ("site", .string(names.site(feed.site))),
                    ("lane", .string(feed.lane.name)), ("new_entries", JSON(here - before)),
                    ("unproven_entries", JSON(waits)), ("problem", problem.map { .string(Self.name(of: $0)) } ?? .null),
                ])
            )
        }
        let isListed = pass.taking.roster.standing(of: log.site) == .member
        if !isListed { console.line(.bundle(.unlisted(sender))) }
        if entries == 0, unproven == 0, problems == 0, isListed, pass.ending.isComplete {
            console.line(.bundle(.nothingNew))
        }
        if pass.keys > 0 { console.line(.bundle(.keys(pass.keys))) }
        if let problem = pass.keyProblem { console.line(.bundle(.keysNotTaken(problem))) }
        switch pass.ending {
        case .complete: break
        case .cut: console.line(.bundle(.wasCut(parts: pass.parts)))
        case .damaged(let error): console.line(.bundle(.wasDamaged(parts: pass.parts, error.message)))
        }
        let missing = pass.statement.map(pass.taking.missing) ?? 0
        if missing > 0 { console.line(.bundle(.more(missing, sender))) }
        console.json([
            ("sender", .string(sender)), ("number", JSON(bundle.header.number)),
            ("complete", .bool(pass.ending.isComplete)), ("new_entries", JSON(entries)),
            ("unproven_entries", JSON(unproven)), ("entries_to_come", JSON(missing)),
            ("listed", .bool(isListed)), ("new_keys", .integer(Int64(pass.keys))),
            ("key_problem", JSON(pass.keyProblem)),
            ("statement_taken", .bool(isNews)), ("feeds", .array(rows)),
        ])
        let isFine = pass.ending.isComplete && problems == 0 && isListed && pass.keyProblem == nil
        return isFine ? .success : .findings
    }

    private func text(of problem: BundleTaking.Problem, _ sender: String) -> BundleMessage {
        switch problem {
        case .gap(let ends, let begins): .gap(ends: ends, begins: begins)
        case .differs(let position): .differs(position, sender)
        case .ownBeyond(let position): .ownBeyond(position, sender)
        case .setAside: .setAside
        case .broken: .broken
        case .tooMany: .tooMany
        case .busy: .feedBusy
        }
    }

    private static func name(of problem: BundleTaking.Problem) -> String {
        switch problem {
        case .gap: "gap"
        case .differs: "differs"
        case .ownBeyond: "own-beyond"
        case .setAside: "set-aside"
        case .broken: "broken"
        case .tooMany: "too-many"
        case .busy: "busy"
        }
    }
}
