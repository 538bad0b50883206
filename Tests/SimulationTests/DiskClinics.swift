import LogFormat
import StoreIO
import SyncEngine
import SyncProtocol
import TestSupport
import Testing

/// Sites of one registry with real stores on disks of their own; the first administers it, and nobody else is admitted
/// before ``admit(_:)``.
struct DiskClinics {
    let network = SimulatedNetwork()
    let sites: [DiskSite]
    let founding: [UInt8]
    private let draft = RosterDraft(recordedMilliseconds: 1, zoneOffsetMinutes: 0, program: "test")

    init(_ count: Int, seed: UInt64) throws {
        let machines = try (0..<count).map { index in
            let disk = SimulatedDisk(seed: SplitMix64.mix(seed, UInt64(index)), machineID: "machine-\(index)")
            return (disk: disk, log: try DiskSite.create(disk, alias: ["HUB", "AA", "BB"][index]))
        }
        var generator = SplitMix64(seed: seed)
        let founding = try draft.founding(
            name: "Test",
            administrator: try machines[0].log.publicKeys(),
            recoveryKey: generator.bytes(32),
            nonce: generator.bytes(16)
        )
        self.founding = founding
        sites = try machines.enumerated().map {
            try DiskSite(name: "site \($0.offset)", $0.element.log, on: $0.element.disk, founding: founding)
        }
        try network.append([founding], to: .roster, at: sites[0])
    }

    func admit(_ index: Int) throws {
        try admit(try sites[index].log.publicKeys(), alias: DiskSite.alias(index))
    }

    func admit(_ keys: SiteKeySet, alias: String) throws {
        let entry = try draft.admission(
            keys,
            alias: alias,
            role: "clinic",
            in: sites[0].roster
        )
        try network.append([entry], to: .roster, at: sites[0])
    }

    var areEqual: Bool { Set(sites.map(\.frontier.digest)).count == 1 }

    /// What no run may end with.
    func expectSound(_ comment: Comment) {
        #expect(network.violations == [], comment)
        for site in sites { #expect(site.failures.map(\.message) == [], comment) }
        for end in network.links.flatMap(\.ends) {
            #expect(end.incidents == [], comment)
            #expect(end.closed != .protocolViolation && end.closed != .invalidData, comment)
        }
    }
}
