import ArgumentParser
import CaseModel
import CaseStore
import LogFormat
import SyncEngine
import SyncProtocol

/// `abscope person show`.
struct PersonShow: StoreCommand {
    static let configuration = CommandConfiguration("show", .personShow)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.caseNumber)) var caseNumber: String

    func perform(in session: Session) throws -> ExitStatus {
        let clinic = try session.clinic()
        let record = try session.caseRecord(caseNumber, in: clinic)
        guard let person = try clinic.person(of: record) else {
            throw Failure(.noInput, .noPersonHere(try clinic.caseNumber(record)))
        }
        let (erasures, leavesKeys) = try clinic.erasures(of: person.id)
        let numbers = try clinic.erasurePlan(of: [record]).subjects.flatMap(\.cases).map { try clinic.caseNumber($0) }
        let console = session.console
        console.line(console.style.bold("\(say(.recordKind(.person)))  \(clinic.names.reference(person.id))"))
        console.line("  " + numbers.joined(separator: ", "))
        if erasures.isEmpty { console.line(.person(.notErased)) }
        let readers = try self.readers(in: session, besides: clinic.site)
        let delivery = try session.delivery(try session.knownPeers(), try session.log(), clinic.names)
        var rows: [JSON] = []
        var isUnderway = false
        for erasure in erasures {
            console.line(try clinic.message(erasure))
            var members = try clinic.members(erasure)
            // Where it was recorded elsewhere, that site knows.
            let outcome = delivery.outcome(of: [erasure.id.entry])
            if outcome.recordedHere > 0, clinic.hasOtherSites {
                let waiting = readers.filter { !outcome.sites.contains($0) }
                isUnderway = isUnderway || !waiting.isEmpty
                let (arrived, left) = (outcome.sites.map(clinic.names.site), waiting.map(clinic.names.site))
                console.line(arrived.isEmpty ? .person(.onlyHereYet) : .person(.arrivedAt(arrived)))
                if !left.isEmpty { console.line(.person(.notKnownAt(left))) }
                members += [
                    ("arrived_at", .array(arrived.map(JSON.string))), ("not_known_at", .array(left.map(JSON.string))),
                ]
            }
            rows.append(.object(members))
        }
        if leavesKeys { console.line(.person(.keysLeft)) }
        console.json([
            ("person", .string(clinic.names.reference(person.id))), ("cases", .array(numbers.map(JSON.string))),
            ("erased", .bool(!erasures.isEmpty)), ("keys_left", .bool(leavesKeys)), ("erasures", .array(rows)),
        ])
        return isUnderway || leavesKeys ? .findings : .success
    }

    /// The sites that what is recorded here is meant for, ascending.
    private func readers(in session: Session, besides site: SiteID) throws -> [SiteID] {
        let members = try Roster(in: try session.log())?.members ?? []
        return members.filter { member in
            member.site != site && !member.isRevoked && (member.reads.isEmpty || member.reads.contains(site))
        }
        .map(\.site).sorted()
    }
}
