import ArgumentParser
import LogFormat
import LogStore

/// `abscope log verify`.
struct LogVerify: StoreCommand {
    static let configuration = CommandConfiguration("verify", .logVerify)

    @OptionGroup var common: CommonOptions

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        let progress = SharedProgress(.verifying, on: session.console)
        defer { progress.finish() }
        let reports = try log.verify(readsAhead: true) { done, total in progress.advance(to: done, of: total) }
        progress.finish()
        let names = try RecordNames(log)
        var findings = 0
        for report in reports {
            for finding in report.findings {
                findings += 1
                session.console.line(finding.text(in: report.feed, names).safeForTerminal)
            }
        }
        let entries = reports.reduce(0) { $0 + $1.provenEntries }
        let bytes = reports.reduce(0) { $0 + $1.bytesRead }
        session.console.line(.verifiedAll(entries: entries, bytes: Quantities.bytes(bytes)))
        let isDamaged = reports.contains { $0.isDamaged }
        if isDamaged { session.console.line(.damageRemedy) }
        session.console.json([
            ("proven_entries", JSON(entries)), ("bytes_read", JSON(bytes)), ("damaged", .bool(isDamaged)),
            ("feeds", .array(reports.map { $0.json(names) })),
        ])
        return isDamaged ? .damagedStore : findings > 0 ? .findings : .success
    }
}

extension FeedVerifier.Report {
    fileprivate func json(_ names: RecordNames) -> JSON {
        .object([
            ("feed", .string(String(describing: feed))), ("site", .string(names.site(feed.site))),
            ("proven_entries", JSON(provenEntries)), ("damaged", .bool(isDamaged)),
            ("lost_positions", .array(lostPositions.map { .array([JSON($0.lowerBound), JSON($0.upperBound)]) })),
            ("findings", .array(findings.map { .string($0.text(in: feed, names)) })),
        ])
    }
}
