import ArgumentParser
import CaseModel
import CaseStore
import LogFormat
import Schema
import StoreIO

/// `abscope import csv`.
struct ImportCSV: StoreCommand {
    static let configuration = CommandConfiguration("csv", .importCSV)

    /// More lines than any clinic has patients; a wrong file is refused before memory is full.
    private static let limitBytes = 512 << 20

    @OptionGroup var common: CommonOptions
    @OptionGroup var writing: WriteOptions
    @Argument(help: .option(.csvFile), completion: .file(extensions: ["csv"])) var file: String
    @Option(name: .long, help: .option(.mappingFile), completion: .file(extensions: ["json"])) var mapping: String
    @Flag(name: .long, help: .option(.importPartial)) var partial = false

    func perform(in session: Session) throws -> ExitStatus {
        // Until the first line is durable there is nothing to count.
        Interruption.ends(saying: .importStoppedBefore, on: session.console)
        let plan = try plan()
        for error in plan.errors { session.console.problem(Failure(error)) }
        for finding in plan.findings {
            session.console.problem(Failure(.dataError, finding.message, at: finding.location))
        }
        var members: [(String, JSON)] = [
            ("lines", .integer(Int64(plan.rows.count))), ("bad_lines", .integer(Int64(plan.errors.count))),
            ("findings", .integer(Int64(plan.findings.count))),
            ("records", .object(plan.counts.map { ($0.template, .integer(Int64($0.records))) })),
            ("errors", .array(plan.errors.map { Failure($0).json })),
        ]
        session.console.line(.importGood(plan.rows.count))
        if !plan.errors.isEmpty { session.console.line(.importBad(plan.errors.count)) }
        guard plan.errors.isEmpty || partial else {
            session.console.json([("imported", .integer(0))] + members)
            throw Failure(.dataError, .importNothing, remedy: .importBadRemedy)
        }
        let clinic = try session.clinic()
        let operatorRecord = try session.operatorRecord(writing, in: clinic)
        // The digits at the end let the same file be imported twice in a minute, for example after Ctrl-C.
        let digits = session.surroundings.random.bytes(2).hexadecimal
        let batch = "\(file.split(separator: "/").last ?? "csv") \(session.now) \(digits)"
        let (imported, isStopped) = try record(plan, batch: batch, operatorRecord, clinic, session)
        guard !writing.dryRun else {
            session.console.line(.importWould(plan.rows.count))
            session.console.json([("imported", .integer(0)), ("dry_run", .bool(true))] + members)
            return plan.errors.isEmpty && plan.findings.isEmpty ? .success : .findings
        }
        members.append(("batch", .string(batch)))
        let isAll = imported == plan.rows.count
        session.console.line(
            !isStopped
                ? .importDone(count: imported, batch: batch)
                : isAll
                    ? .importStoppedAfter(count: imported, batch: batch)
                    : .importStopped(count: imported, of: plan.rows.count)
        )
        session.console.json([("imported", .integer(Int64(imported)))] + members)
        guard !isStopped else { return .interrupted }
        return plan.errors.isEmpty && plan.findings.isEmpty ? .success : .findings
    }

    private func plan() throws -> ImportPlan {
        let mappingBytes = try WholeFile.read(mapping, limitBytes: 1 << 20)
        _ = try StandardInput.text(of: mappingBytes, from: mapping)
        let mapping = try ImportMapping(parsing: mappingBytes)
        let bytes = try WholeFile.read(file, limitBytes: Self.limitBytes)
        return try mapping.plan(for: try CSVTable(parsing: bytes))
    }

    /// Lines become entries in the file's order, in commits of up to 4 MiB. Ctrl-C before the first ends the process,
    /// between two of them the work, and after the last the process again, each time with what is recorded.
    ///
    /// - Returns: how many lines are recorded, and whether Ctrl-C was why it ended.
    private func record(
        _ plan: ImportPlan,
        batch: String,
        _ operatorRecord: RecordTarget,
        _ clinic: Clinic,
        _ session: Session
    ) throws -> (done: Int, isStopped: Bool) {
        var done = 0
        var progress = Progress(.importing, total: plan.lengthBytes, on: session.console)
        defer { progress.finish() }
        do {
            try clinic.importPlan(
                plan,
                batch: batch,
                operatorRecord: operatorRecord,
                isPartial: partial,
                isDryRun: writing.dryRun
            ) { rows, bytes in
                done = rows
                progress.advance(to: bytes)
                guard !Interruption.isAsked else { throw Interrupted() }
                if rows == 0 {
                    Interruption.onlyAsks()
                } else if rows == plan.rows.count {
                    Interruption.ends(saying: .importStoppedAfter(count: rows, batch: batch), on: session.console)
                }
            }
        } catch is Interrupted {
            // What is durable stays and is counted.
            return (done, true)
        }
        return (done, false)
    }

    /// Ctrl-C was pressed.
    private struct Interrupted: Error {}
}
