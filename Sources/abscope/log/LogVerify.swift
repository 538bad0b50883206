import ArgumentParser
import CaseStore
import LogFormat
import LogStore
import StoreIO

/// `abscope log verify`.
struct LogVerify: StoreCommand {
    static let configuration = CommandConfiguration("verify", .logVerify)

    @OptionGroup var common: CommonOptions

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        let report = try session.verified(log)
        let names = try RecordNames(log)
        show(report, names, in: session.console)
        session.console.json([
            ("proven_entries", JSON(report.provenEntries)), ("bytes_read", JSON(report.bytesRead)),
            ("damaged", .bool(report.isDamaged)), ("feeds", .array(report.feeds.map { $0.json(names) })),
            ("findings", .array(report.findings.map(\.json))),
        ])
        if report.isDamaged { return .damagedStore }
        return report.all.contains { $0.weight == .note } ? .findings : .success
    }

    private func show(_ report: StoreReport, _ names: RecordNames, in console: Console) {
        for feed in report.feeds {
            for finding in feed.findings { console.line(finding.text(in: feed.feed, names).safeForTerminal) }
        }
        for finding in report.findings { console.line(finding.text.safeForTerminal) }
        console.line(.verifiedAll(entries: report.provenEntries, bytes: Quantities.bytes(report.bytesRead)))
        let damaged = report.all.filter { $0.weight == .damage }.count
        if damaged > 0 {
            console.line(.damageFound(damaged))
            console.line(.damageRemedy)
        }
        if report.all.contains(where: { $0.weight == .accepted }) { console.line(.lossAccepted) }
    }
}

extension Session {
    /// Reads and proves the whole store, looks at the keys of persons, and notes what was found for `doctor`.
    func verified(_ log: LogStore) throws -> StoreReport {
        let progress = SharedProgress(.verifying, on: console)
        defer { progress.finish() }
        var report = try log.verifyAll(readsAhead: true) { done, total in progress.advance(to: done, of: total) }
        progress.finish()
        if let finding = try keyFinding(in: log) { report.findings.append(finding) }
        try keep(report, in: log)
        return report
    }

    /// What is wrong with the keys of persons; nil when nothing is.
    private func keyFinding(in log: LogStore) throws -> Finding? {
        let place = StorageError.Location(path: log.root + "/keys.sqlite")
        if let problem = CaseStore.keyFileProblem(at: log.root, in: surroundings.fileSystem) {
            return Finding(.damage, at: place, problem)
        }
        do {
            let clinic = try clinic()
            try clinic.catchUp()
            return try clinic.keyLosses().sentence.map { Finding(.damage, at: place, $0) }
        } catch {
            if let error = error as? StorageError, error.code == .halted { throw error }
            // What keeps the records from being opened is found by reading the log.
            return Finding(.note, at: place, say(.doctor(.keysNotLookedAt(Failure(describing: error).sentence))))
        }
    }

    /// Notes what verifying found, for `doctor`. A store that can not be written can be verified all the same.
    func keep(_ report: StoreReport, in log: LogStore) throws {
        do throws(StorageError) {
            try log.keep(report)
        } catch {
            guard [.readOnly, .noSpace, .permissionDenied, .locked, .notFound, .corrupted].contains(error.code) else {
                throw error
            }
            console.note(.doctor(.verificationNotKept(error.message)))
        }
    }
}

extension FeedVerifier.Report {
    fileprivate func json(_ names: RecordNames) -> JSON {
        .object([
            ("feed", .string(String(describing: feed))), ("site", .string(names.site(feed.site))),
            ("lane", .string(feed.lane.name)), ("proven_entries", JSON(provenEntries)), ("damaged", .bool(isDamaged)),
            ("lost_positions", .array(lostPositions.map { .array([JSON($0.lowerBound), JSON($0.upperBound)]) })),
            ("findings", .array(findings.map(\.json))),
        ])
    }
}
