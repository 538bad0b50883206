import ArgumentParser
import LogStore
import StoreIO

/// `abscope doctor`.
struct Doctor: StoreCommand {
    static let configuration = CommandConfiguration("doctor", .doctor)

    @OptionGroup var common: CommonOptions

    func perform(in session: Session) throws -> ExitStatus {
        session.repeatsIncidents = false
        let machine = MachineDoctor(root: session.storePath, surroundings: session.surroundings)
        var found: [DoctorFinding] = []
        do {
            let log = try session.log()
            let store = StoreDoctor(log: log, session: session)
            let statistics = try store.statistics()
            found += try machine.space(
                storedBytesPerDay: statistics.storedBytesPerDay(at: session.surroundings.clock.millisecondsSinceEpoch())
            )
            found += try machine.volume() + machine.permissions()
            found += try machine.clock(newestMilliseconds: store.newestMilliseconds())
            found += try store.all()
        } catch {
            guard let error = error as? StorageError else { throw error }
            // Without a store there is nothing to look at; with a broken one the more reason to look at the rest.
            let isMissing = error.code == .notFound || error.code == .notAStore
            guard try !isMissing || session.surroundings.fileSystem.exists(StorePaths(root: session.storePath).site)
            else {
                throw error
            }
            found = try machine.space(storedBytesPerDay: nil) + machine.volume() + machine.permissions()
            found.append(DoctorFinding(.log, .damage, .quoted(error.description)))
        }
        show(found, in: session.console)
        let worst = found.map(\.weight).max() ?? .fine
        session.console.json([
            ("worst", .string(worst.rawValue)), ("findings", .array(found.map(\.json))),
        ])
        return worst == .damage ? .damagedStore : worst == .advice ? .findings : .success
    }

    private func show(_ found: [DoctorFinding], in console: Console) {
        for diagnosis in found {
            let mark: String =
                switch diagnosis.weight {
                case .fine: console.style.faint(say(Term.fine))
                case .unknown: say(Term.unknown)
                case .advice: console.style.warning(say(Term.advice))
                case .damage: console.style.error(say(Term.damaged))
                }
            console.line("\(mark): \(say(diagnosis.text).safeForTerminal)")
            if let remedy = diagnosis.remedy { console.line("    " + say(remedy).safeForTerminal) }
        }
    }
}
