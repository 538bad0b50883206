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
        let progress = SharedProgress(.verifying, on: session.console)
        defer { progress.finish() }
        var report = try log.verifyAll(readsAhead: true) { done, total in progress.advance(to: done, of: total) }
        progress.finish()
        if let problem = CaseStore.keyFileProblem(at: session.storePath, in: session.surroundings.fileSystem) {
            report.findings.append(Finding(.damage, at: .init(path: log.root + "/keys.sqlite"), problem))
        }
        try session.keep(report, in: log)
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
