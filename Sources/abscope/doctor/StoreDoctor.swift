import CaseStore
import LogFormat
import LogStore
import StoreIO
import SyncProtocol

/// Looks at an open store: who holds its locks, what happened to it, what was set aside, what was left over.
struct StoreDoctor {
    let log: LogStore
    let session: Session

    private var fileSystem: any FileSystem { session.surroundings.fileSystem }

    /// So many new epochs in a month mean that something takes the marker away again and again.
    private static let epochsMaximum = 3
    private static let monthMilliseconds: Int64 = 30 * 86_400_000

    func statistics() throws -> FeedStatistics {
        var total = FeedStatistics()
        for (_, statistics) in try log.statistics() { total.add(statistics) }
        return total
    }

    /// When the last entry of this site was recorded, by its own clock then.
    func newestMilliseconds() throws -> Int64? {
        var newest: Int64?
        for feed in try log.feeds() where feed.isOwn && feed.attested.position > 0 && feed.feed.lane != .roster {
            guard let moment = try log.lastRecorded(of: feed) else { continue }
            newest = max(newest ?? .min, moment)
        }
        return newest
    }

    func all() throws -> [DoctorFinding] {
        var found = [key()]
        found += try locks()
        found += try views()
        found.append(try quarantine())
        found += try incidents()
        found += try epochs()
        found += try damagedFeeds()
        found.append(try daemon())
        found += try leftovers()
        return found
    }

    /// A store that can be written has its key: closed to others, and that of SITE.
    private func key() -> DoctorFinding {
        if let refusal = log.writeRefusal {
            let isLost = refusal.location?.path == log.paths.key
            return DoctorFinding(.key, isLost ? .damage : .advice, .readOnlyStore(refusal.message))
        }
        return DoctorFinding(.key, .fine, .keyFits)
    }

    /// The kernel takes a lock back when its process ends, however it ends: one that is held has a living holder.
    private func locks() throws -> [DoctorFinding] {
        var held: [DoctorFinding] = []
        for path in [log.paths.appendLock, log.paths.sealLock, log.root + "/daemon.lock"]
        where try fileSystem.exists(path) {
            guard let holder = try fileSystem.openFile(path, .read).lockHolder() else { continue }
            let name = String(path.dropFirst(log.root.utf8.count + 1))
            held.append(DoctorFinding(.locks, .fine, .lockHeld(name, String(describing: holder))))
        }
        return held.isEmpty ? [DoctorFinding(.locks, .fine, .noLocks)] : held
    }

    private func views() throws -> [DoctorFinding] {
        let clinic = try session.clinic()
        var found: [DoctorFinding] = []
        if clinic.missingEntries > 0 {
            found.append(
                DoctorFinding(
                    .view,
                    .advice,
                    .missing(.behind(clinic.missingEntries, clinic.viewProblem)),
                    remedy: .doctor(.viewRemedy)
                )
            )
        } else if let problem = clinic.viewProblem {
            found.append(DoctorFinding(.view, .advice, .viewInMemory(problem), remedy: .doctor(.viewRemedy)))
        } else {
            found.append(DoctorFinding(.view, .fine, .viewCurrent))
        }
        if clinic.lostEntries > 0 {
            // A person has decided; it stays named and weighs nothing.
            found.append(
                DoctorFinding(
                    .view,
                    .fine,
                    .missing(.lost(clinic.lostEntries, clinic.lostPlaces)),
                    remedy: .missing(.lostRemedy)
                )
            )
        }
        let losses = try clinic.keyLosses()
        if let problem = clinic.keyProblem ?? losses.sentence {
            found.append(DoctorFinding(.keys, .damage, .noNames(problem)))
        }
        return found
    }

    private func quarantine() throws -> DoctorFinding {
        let files = try log.quarantined()
        guard !files.isEmpty else { return DoctorFinding(.quarantine, .fine, .quarantineEmpty) }
        let bytes = Quantities.bytes(files.reduce(0) { $0 + $1.sizeBytes })
        return DoctorFinding(.quarantine, .advice, .quarantineHolds(files.count, bytes), remedy: .quarantineRemedy)
    }

    private func incidents() throws -> [DoctorFinding] {
        let open = try log.incidents()
        guard !open.isEmpty else { return [DoctorFinding(.incidents, .fine, .noIncidents)] }
        return open.map { incident in
            let isDamage = incident.kind == Incident.damageKind
            return DoctorFinding(
                .incidents,
                isDamage ? .damage : .advice,
                .incident(incident.shortName, incident.text),
                remedy: isDamage ? .damageRemedy : .doctor(.incidentCloseRemedy(incident.shortName))
            )
        }
    }

    private func epochs() throws -> [DoctorFinding] {
        if log.writeRefusal == nil, let doubt = try log.doubt() {
            return [DoctorFinding(.epochs, .advice, .mayBeOld(doubt), remedy: .mayBeOldRemedy)]
        }
        let now = session.surroundings.clock.millisecondsSinceEpoch()
        let recent = try log.allIncidents().filter { incident in
            let (age, overflow) = now.subtractingReportingOverflow(incident.milliseconds)
            return incident.kind == Incident.epochKind && !overflow && age < Self.monthMilliseconds
        }
        guard recent.count >= Self.epochsMaximum else {
            return [DoctorFinding(.epochs, .fine, .epochsFew(log.record.parents.count + 1))]
        }
        return [
            DoctorFinding(
                .epochs,
                .advice,
                .epochsRepeated(recent.count),
                remedy: .epochsRemedy(log.record.markerPath)
            )
        ]
    }

    private func damagedFeeds() throws -> [DoctorFinding] {
        let damaged = try log.feeds().filter(\.isDamaged)
        let verified = try log.lastVerification()
        var found: [DoctorFinding] = []
        if !damaged.isEmpty {
            found.append(DoctorFinding(.log, .damage, .doctor(.feedsDamaged(damaged.count)), remedy: .damageRemedy))
        }
        if let verified {
            let moment = session.moment(verified.milliseconds)
            found.append(
                verified.damagedPlaces == 0
                    ? DoctorFinding(.log, .fine, .verifiedWhole(moment, verified.provenEntries))
                    : DoctorFinding(
                        .log,
                        .damage,
                        .doctor(.verifiedDamaged(moment, verified.damagedPlaces, Array(verified.damages.prefix(3)))),
                        remedy: .damageRemedy
                    )
            )
        }
        return found.isEmpty ? [DoctorFinding(.log, .fine, .noKnownDamage)] : found
    }

    private func daemon() throws -> DoctorFinding {
        if try ControlClient.ask(ControlRequest(.status), at: session.controlSocket) != nil {
            return DoctorFinding(.daemon, .fine, .daemonRuns)
        }
        guard log.registry != nil else { return DoctorFinding(.daemon, .fine, .daemonNotNeeded) }
        return DoctorFinding(.daemon, .advice, .daemonDown, remedy: .daemonDownRemedy)
    }

    private func leftovers() throws -> [DoctorFinding] {
        var found: [DoctorFinding] = []
        let strangers = try log.strangers()
        if !strangers.isEmpty {
            found.append(
                DoctorFinding(
                    .leftovers,
                    .advice,
                    .leftovers(strangers.prefix(5).map(\.location.path), strangers.count),
                    remedy: .leftoversRemedy
                )
            )
        }
        let unfinished = try log.unfinishedFolders()
        if !unfinished.isEmpty {
            found.append(DoctorFinding(.leftovers, .advice, .unfinished(unfinished), remedy: .unfinishedRemedy))
        }
        return found.isEmpty ? [DoctorFinding(.leftovers, .fine, .noLeftovers)] : found
    }
}
