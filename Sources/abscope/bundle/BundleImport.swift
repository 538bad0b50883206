import ArgumentParser
import CaseModel
import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol

/// `abscope bundle import`.
struct BundleImport: StoreCommand {
    static let configuration = CommandConfiguration("import", .bundleImport)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.bundleFile), completion: .file()) var file: String

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        let roster = try session.roster(of: log)
        return try Failure.naming(sitesOf: log) { try take(into: log, roster, session) }
    }

    private func take(into log: LogStore, _ roster: Roster, _ session: Session) throws -> ExitStatus {
        let bundle = try BundleFile(at: try Surrounding.realPath(file), in: session.surroundings.fileSystem)
        let secret = try bundle.secret(for: log, roster)
        let progress = SharedProgress(.bundle(.importing), on: session.console)
        defer { progress.finish() }
        var keys = Keys()
        let pass = try BundlePass.take(bundle, secret, into: log, roster, session.rosterDraft) { packets in
            do {
                keys.count += try session.clinic().accept(packets, from: bundle.header.sender)
            } catch {
                // The records count; keys come again with the next bundle or session.
                keys.problem = Failure(describing: error).sentence
            }
        } progress: {
            progress.advance(to: $0, of: bundle.sizeBytes)
        }
        progress.finish()
        // An erasure that came is done before this ends, and not when somebody next asks for records. What was taken is told
        // also where that fails.
        let following = Result { try session.clinic().catchUp() }
        let noting = note(pass, of: bundle, in: log, session)
        let status = tell(pass, keys, of: bundle, noting, in: log, try RecordNames(log), session)
        try following.get()
        return status
    }

    /// What became of writing down what the sender holds.
    private struct Noting {
        var isNews = false
        var problem: String?
    }

    /// A hint for the next bundle: when it can not be kept, what was taken is taken all the same.
    private func note(_ pass: BundlePass, of bundle: BundleFile, in log: LogStore, _ session: Session) -> Noting {
        guard let statement = pass.statement else { return Noting() }
        do {
            let heads = try statement.heads(in: log)
            let now = session.now.milliseconds
            let isNews = try session.changeSiteNotes(of: log) {
                $0.take(statement, number: bundle.header.number, heads: heads, at: now)
            }
            return Noting(isNews: isNews)
        } catch {
            return Noting(problem: Failure(describing: error).text)
        }
    }

    /// Keys of persons that came.
    private struct Keys {
        var count = 0
        var problem: String?
    }

    // MARK: - Telling

    private func tell(
        _ pass: BundlePass,
        _ keys: Keys,
        of bundle: BundleFile,
        _ noting: Noting,
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
        let telling = names.telling(apart: feeds)
        for feed in feeds {
            let now = pass.taking.standing(feed)
            let here = now?.attested.position ?? 0
            let before = min(pass.before[feed] ?? here, here)
            let waits = now.map { $0.stored.position - $0.attested.position } ?? 0
            let problem = pass.taking.outcomes[feed]?.problem
            entries += here - before
            unproven += waits
            let name = telling.feed(feed) + ": "
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
        let isListed = pass.taking.roster[log.site]?.isRevoked == false
        if !isListed { console.line(.bundle(.unlisted(sender))) }
        if entries == 0, unproven == 0, problems == 0, isListed, pass.ending.isComplete {
            console.line(.bundle(.nothingNew))
        }
        if keys.count > 0 { console.line(.bundle(.keys(keys.count))) }
        if let problem = keys.problem { console.line(.bundle(.keysNotTaken(problem))) }
        switch pass.ending {
        case .complete: break
        case .cut: console.line(.bundle(.wasCut(parts: pass.parts)))
        case .damaged(let error): console.line(.bundle(.wasDamaged(parts: pass.parts, error.message)))
        }
        let missing = pass.statement.map(pass.taking.missing) ?? 0
        if missing > 0 { console.line(.bundle(.more(missing, sender))) }
        if let problem = noting.problem { console.line(.bundle(.notesNotKept(sender, problem))) }
        console.json([
            ("sender", .string(sender)), ("number", JSON(bundle.header.number)),
            ("complete", .bool(pass.ending.isComplete)), ("new_entries", JSON(entries)),
            ("unproven_entries", JSON(unproven)), ("entries_to_come", JSON(missing)),
            ("new_epoch", JSON(pass.newEpoch.map(String.init(describing:)))), ("listed", .bool(isListed)),
            ("new_keys", .integer(Int64(keys.count))),
            ("key_problem", JSON(keys.problem)),
            ("statement_taken", .bool(noting.isNews)), ("statement_problem", JSON(noting.problem)),
            ("feeds", .array(rows)),
        ])
        if pass.newEpoch != nil { console.line(.bundle(.newEpoch(sender))) }
        let isFine =
            pass.ending.isComplete && problems == 0 && pass.newEpoch == nil && isListed && keys.problem == nil
            && noting.problem == nil
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
