import ArgumentParser
import CaseStore
import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol

/// `abscope log repair`.
struct LogRepair: StoreCommand {
    static let configuration = CommandConfiguration("repair", .logRepair)

    @OptionGroup var common: CommonOptions
    @Option(name: .customLong("from"), help: .option(.repairFrom), completion: .file()) var source: String?
    @Flag(name: .long, help: .option(.acceptRepairLoss)) var acceptLoss = false
    @Option(name: .long, help: .option(.lossReason)) var reason: String?
    @Option(name: .long, help: .option(.lostCount)) var yes: String?
    @Flag(name: .long, help: .option(.dryRun)) var dryRun = false

    func perform(in session: Session) throws -> ExitStatus {
        guard source == nil || !acceptLoss else { throw Failure(.usage, .repairOrAccept) }
        let log = try session.log()
        let report = try session.verified(log)
        let names = try RecordNames(log)
        if acceptLoss { return try accept(report, in: log, names, session) }
        guard !dryRun else {
            show(report, names, session)
            if report.isDamaged { session.console.line(.damageRemedy) }
            session.console.json([
                ("repaired", .bool(false)), ("dry_run", .bool(true)), ("damaged", .bool(report.isDamaged)),
            ])
            return report.isDamaged ? .damagedStore : .success
        }
        return try repair(report, in: log, names, session)
    }

    private func show(_ report: StoreReport, _ names: RecordNames, _ session: Session) {
        for feed in report.feeds {
            for finding in feed.findings where finding.weight == .damage {
                session.console.line(finding.text(in: feed.feed, names).safeForTerminal)
            }
        }
        for finding in report.findings where finding.weight == .damage {
            session.console.line(finding.text.safeForTerminal)
        }
        if !report.isDamaged { session.console.line(.nothingToRepair) }
    }

    // MARK: - Fetching

    private func repair(
        _ report: StoreReport,
        in log: LogStore,
        _ names: RecordNames,
        _ session: Session
    ) throws -> ExitStatus {
        let peer = try source.flatMap { try site(named: $0, in: log, names, session) }.map {
            try PeerSource($0, called: names.site($0), through: session.controlSocket)
        }
        let bundle = try peer == nil ? source.flatMap { try self.bundle(at: $0, for: log, session) } : nil
        let copy: (any RepairSource)? =
            try peer ?? bundle ?? source.map { try log.copy(at: try Surrounding.absolutePath($0)) }
        if let peer { session.console.note(.askingSite(peer.name)) }
        let progress = SharedProgress(.repairing, on: session.console)
        defer { progress.finish() }
        defer { peer?.end() }
        var done: UInt64 = 0
        let results = try log.repair(from: copy) { bytes in
            done += bytes
            progress.advance(to: done, of: 0)
        }
        progress.finish()
        peer?.end()
        // What a site that went away holds is not known.
        let wasAsked = source != nil && peer?.failure == nil
        for result in results {
            let feed = names.feed(result.feed) + ": "
            for range in result.repaired { session.console.line((feed + say(.entriesBack(range))).safeForTerminal) }
            for range in result.missing {
                session.console.line(
                    (feed + say(wasAsked ? .entriesNotThere(range) : .entriesLost(range))).safeForTerminal
                )
            }
            if result.isWhole { session.console.line((feed + say(.feedWhole)).safeForTerminal) }
        }
        if results.contains(where: { !$0.repaired.isEmpty }) { try showQuarantine(of: log, session) }
        let keys = try bringBackKeys(from: copy, to: log, session)
        if keys > 0 { session.console.line(.keysBack(keys)) }
        let after = try session.verified(log)
        if results.isEmpty, keys == 0, !after.isDamaged { session.console.line(.nothingToRepair) }
        if after.isDamaged { session.console.line(wasAsked ? .otherSourceRemedy : .damageRemedy) }
        session.console.json([
            ("repaired", .bool(!after.isDamaged)), ("damaged", .bool(after.isDamaged)),
            ("feeds", .array(results.map { json($0, names) })), ("keys", JSON(keys)),
        ])
        if after.isDamaged { tell(bundle?.ending, session) }
        if after.isDamaged, let failure = peer?.failure { throw failure }
        return after.isDamaged ? .damagedStore : .success
    }

    /// Brings back the keys of persons that a backup holds and the store lacks; a file of keys that is damaged is made anew.
    ///
    /// - Returns: How many came back.
    /// - Throws: ``Failure`` 75 while a daemon has the damaged file open.
    private func bringBackKeys(from copy: (any RepairSource)?, to log: LogStore, _ session: Session) throws -> Int {
        guard let backup = copy as? BackupCopy else { return 0 }
        let extras = try backup.extras()
        guard !extras.isEmpty else { return 0 }
        let fileSystem = session.surroundings.fileSystem
        if CaseStore.keyFileProblem(at: log.root, in: fileSystem) != nil {
            let lock = log.root + "/daemon.lock"
            guard try !fileSystem.exists(lock) || fileSystem.openFile(lock, .read).lockHolder() == nil else {
                throw Failure(.temporary, .keysNeedNoDaemon)
            }
            try CaseStore.renewKeyFile(of: log, in: session.surroundings)
        }
        let clinic = try session.clinic()
        try clinic.catchUp()
        return try clinic.bringBackKeys(from: extras)
    }

    /// The other site that is meant; nil for a folder. A folder that has a site's name is `./NAME`.
    private func site(
        named typed: String,
        in log: LogStore,
        _ names: RecordNames,
        _ session: Session
    ) throws -> SiteID? {
        guard !typed.contains("/") else { return nil }
        // Where the roster is what is damaged, sites have no names but their ids.
        let sites = Set(names.aliases.keys).union(try log.feeds().map(\.feed.site)).filter { $0 != log.site }.sorted()
        if let site = try names.siteIfAny(typed, among: sites) { return site }
        let path = try Surrounding.absolutePath(typed)
        guard try !session.surroundings.fileSystem.exists(path) else { return nil }
        throw Failure(.noInput, .repairSourceUnknown(typed, sites.map { names.site($0) }))
    }

    /// The bundle that is meant; nil for a folder.
    private func bundle(
        at typed: String,
        for log: LogStore,
        _ session: Session
    ) throws -> BundleSource? {
        let path = try Surrounding.realPath(typed)
        guard try session.surroundings.fileSystem.status(path)?.kind == .file else { return nil }
        return try Failure.naming(sitesOf: log) {
            let file = try BundleFile(at: path, in: session.surroundings.fileSystem)
            return BundleSource(file, try file.secret(for: log))
        }
    }

    /// Says why a bundle may not hold what it should.
    private func tell(_ ending: BundleFile.Ending?, _ session: Session) {
        switch ending {
        case .cut: session.console.line(.bundle(.cutSource))
        case .damaged(let error): session.console.line(.bundle(.damagedSource(error.message)))
        case .complete, nil: break
        }
    }

    private func showQuarantine(of log: LogStore, _ session: Session) throws {
        let files = try log.quarantined()
        guard !files.isEmpty else { return }
        session.console.line(
            .doctor(.quarantineHolds(files.count, Quantities.bytes(files.reduce(0) { $0 + $1.sizeBytes })))
        )
        session.console.line(.doctor(.quarantineRemedy))
    }

    private func json(_ result: RepairResult, _ names: RecordNames) -> JSON {
        func ranges(_ ranges: [ClosedRange<UInt64>]) -> JSON {
            .array(ranges.map { .array([JSON($0.lowerBound), JSON($0.upperBound)]) })
        }
        return .object([
            ("feed", .string(String(describing: result.feed))), ("site", .string(names.site(result.feed.site))),
            ("lane", .string(result.feed.lane.name)), ("repaired_positions", ranges(result.repaired)),
            ("missing_positions", ranges(result.missing)), ("whole", .bool(result.isWhole)),
        ])
    }

    // MARK: - Giving up

    private func accept(
        _ report: StoreReport,
        in log: LogStore,
        _ names: RecordNames,
        _ session: Session
    ) throws -> ExitStatus {
        show(report, names, session)
        let isLost = report.feeds.contains(where: \.isDamaged)
        guard isLost, !dryRun else {
            session.console.json([("accepted", .bool(false)), ("dry_run", .bool(dryRun))])
            return report.isDamaged ? .damagedStore : .success
        }
        let lost = LogStore.lostEntries(in: report)
        try session.confirm(
            expected: String(lost),
            given: yes,
            explaining: .lossExplained(lost),
            asking: .countOfLost,
            missing: .lossNeedsCount(lost),
            differing: .lossNotConfirmed(lost)
        )
        let form = try Form(
            [Form.Field("reason", reason, asks: .reason, isRequired: true)],
            reading: .nothing,
            from: session.input
        )
        let recorded = try log.acceptLoss(of: report, by: session.account, reason: form.value("reason"))
        session.console.line(.lossRecorded(lost))
        let after = try session.verified(log)
        session.console.json([
            ("accepted", .bool(true)), ("entries", JSON(lost)),
            ("incidents", .array(recorded.map { $0.json(session) })),
            ("damaged", .bool(after.isDamaged)),
        ])
        return after.isDamaged ? .damagedStore : .success
    }
}
