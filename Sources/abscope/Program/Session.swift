import CaseModel
import Glibc
import LogFormat
import LogStore
import StoreIO
import SyncProtocol

/// One command at work on one store: where it is, what day it is there, and the output.
///
/// Opens only what the command asks for, for a process lives a few milliseconds.
final class Session {
    let console: Console
    let storePath: String
    let surroundings: Surroundings
    let input: StandardInput
    /// Whether the command ends by naming the open incidents; not one that shows them itself.
    var repeatsIncidents = true
    /// Whether the command recorded something of patients.
    var hasRecorded = false
    private var opened: Clinic?
    private var openedLog: LogStore?
    /// What other sites said they hold, once it was read.
    var readSiteNotes: SiteNotes?
    /// What the daemon wrote down of the other sites, once that was looked for; nil in it where there is nothing.
    var readPeerNotes: PeerNotes??

    /// - Throws: 78 when there is no folder to look in; 64 when the name of the store is empty.
    convenience init(_ options: CommonOptions) throws {
        self.init(
            console: Console(isJSON: options.json),
            storePath: try Self.storePath(options.store),
            surroundings: try .current(),
            input: StandardInput()
        )
    }

    init(
        console: Console,
        storePath: String,
        surroundings: Surroundings,
        input: StandardInput
    ) {
        self.console = console
        self.storePath = storePath
        self.surroundings = surroundings
        self.input = input
    }

    private static func storePath(_ given: String?) throws -> String {
        // Who names a store means no other, whatever became of the name.
        if let given { return try Surrounding.absolutePath(given) }
        if let path = Surrounding.variable("ABSCOPE_STORE"), !path.isEmpty {
            return try Surrounding.absolutePath(path)
        }
        guard let home = Surrounding.variable("HOME"), home.hasPrefix("/") else {
            throw Failure(.configuration, .noHome)
        }
        return home + "/.abscope"
    }

    /// The log alone, for commands that need no records; opened once.
    func log() throws -> LogStore {
        if let openedLog { return openedLog }
        var options = StoreOptions()
        if !console.isJSON {
            options.observer = { event in Message(event).map { Console.note($0) } }
        }
        let log = try LogStore.open(at: storePath, in: surroundings, options: options)
        openedLog = log
        return log
    }

    /// The store with its records.
    func clinic() throws -> Clinic {
        if let opened { return opened }
        let clinic = try Clinic(try log(), in: surroundings, on: console)
        opened = clinic
        return clinic
    }

    /// The moment by this machine's clock, at the site.
    var now: RecordedMoment {
        RecordedMoment(
            milliseconds: surroundings.clock.millisecondsSinceEpoch(),
            zoneOffsetMinutes: surroundings.clock.zoneOffsetMinutes()
        )
    }

    /// A moment of this machine's clock in the site's own time; `-` where none is known.
    func moment(_ milliseconds: Int64) -> String {
        guard milliseconds > 0 else { return "-" }
        return Timestamp.text(
            RecordedMoment(milliseconds: milliseconds, zoneOffsetMinutes: surroundings.clock.zoneOffsetMinutes())
        )
    }

    /// The calendar day at the site.
    ///
    /// - Throws: 78 for a clock outside the years 1 to 9999.
    func today() throws -> CivilDay {
        guard let day = now.day else { throw Failure(.configuration, .clockImpossible) }
        return day
    }

    /// Says what concerns the whole store and is not closed yet: damage, and new epochs. Every command repeats it. What can
    /// not be read for that is said, and fails nothing: the command has done its work.
    func closing() {
        if let refusal = openedLog?.writeRefusal { console.note(.readOnlyStore(refusal.message)) }
        if repeatsIncidents {
            do {
                for incident in try openedLog?.incidents() ?? [] {
                    console.note(.incident(incident.shortName, incident.text))
                }
            } catch {
                console.note(.incidentsUnreadable(Failure(describing: error).text))
            }
        }
        if hasRecorded, let names = opened?.names {
            do {
                for site in try sitesTurningAway(names) { console.note(.fleet(.turnedAway(names.site(site)))) }
            } catch {
                console.note(.peerNotesUnreadable(Failure(describing: error).text))
            }
        }
        if let missing = opened?.missingEntries, missing > 0 {
            console.note(.missing(.behind(missing, opened?.viewProblem)))
        } else if let problem = opened?.viewProblem {
            console.note(.viewInMemory(problem))
        }
        if let opened, opened.lostEntries > 0 {
            console.note(.missing(.lost(opened.lostEntries, opened.lostPlaces)))
        }
        if let problem = opened?.keyProblem { console.note(.noNames(problem)) }
    }
}
