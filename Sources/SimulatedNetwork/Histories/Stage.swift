package import LogFormat
import LogStore
package import SimulatedStorage
import StoreIO
import SyncEngine
import SyncProtocol

/// Where histories begin: sites of one registry that have the roster, everything durable, nobody at work. Made once.
package struct Stage: Sendable {
    package struct Site: Sendable {
        package let disk: SimulatedDisk
        package let key: SitePublicKey
        /// Not in the roster yet: it joined by invitation.
        package let isStranger: Bool
    }

    /// The first administers the registry.
    package let sites: [Site]

    /// - Parameters:
    ///   - count: How many sites.
    ///   - hasStranger: The last is not admitted yet.
    ///   - hasPartialReader: The last reads the administrator only.
    ///   - seed: Their keys come from it, and so who is smaller.
    /// - Throws: What making a store throws.
    package init(_ count: Int, hasStranger: Bool, hasPartialReader: Bool, seed: UInt64) throws {
        let disks = (0..<count).map {
            SimulatedDisk(seed: SplitMix64.mix(seed, UInt64($0)), machineID: "machine-\($0)")
        }
        let logs = try disks.enumerated().map { index, disk in
            try LogStore.create(
                at: Machine.root,
                alias: Self.alias(index),
                in: disk.process("maker").surroundings,
                options: Machine.options
            )
        }
        var numbers = SplitMix64(seed: seed)
        let founding = try Self.draft.founding(
            name: "Simulated",
            administrator: try logs[0].publicKeys(),
            recoveryKey: numbers.bytes(32),
            nonce: numbers.bytes(16)
        )
        let hub = logs[0].site
        for (index, log) in logs.enumerated() {
            let dialSite = index == 0 ? nil : hub
            try log.join(RegistryMembership(foundingEntry: founding, dialSite: dialSite))
        }
        _ = try logs[0].append([founding], to: .roster)
        for index in 1..<count where !hasStranger || index < count - 1 {
            let reads = hasPartialReader && index == count - 1 ? [hub] : []
            _ = try logs[0].append(
                [try Self.admission(of: logs[index], at: index, reading: reads, by: logs[0])],
                to: .roster
            )
        }
        let feed = FeedID(site: hub, epoch: logs[0].epoch, lane: .roster)
        let key = logs[0].identity.publicKey
        let start = FeedChain.start(key: key, epoch: feed.epoch, lane: .roster)
        let blocks = try logs[0].blocks(of: feed, after: start, limitBytes: .max)
        for index in 1..<count where !hasStranger || index < count - 1 {
            try logs[index].receive(blocks, of: feed, key: key, after: start)
            if let word = try logs[0].checkpoint(of: feed) { try logs[index].attest(word, key: key) }
        }
        for log in logs { try log.close() }
        sites = zip(disks, logs).enumerated().map { index, site in
            let disk = site.0.crashed(.keepAll)
            disk.recordCalls(false)
            return Site(
                disk: disk,
                key: site.1.identity.publicKey,
                isStranger: hasStranger && index == count - 1
            )
        }
    }

    /// `SA`, `SB`, and so on.
    package static func alias(_ index: Int) -> String { "S" + String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index))) }

    static let draft = RosterDraft(recordedMilliseconds: 1, zoneOffsetMinutes: 0, program: "simulated")

    /// The entry with which an administrator admits a site.
    static func admission(
        of log: LogStore,
        at index: Int,
        reading reads: [SiteID] = [],
        by administrator: LogStore
    ) throws -> [UInt8] {
        guard let roster = try Roster(in: administrator) else { preconditionFailure("the administrator has a roster") }
        return try draft.admission(
            try log.publicKeys(),
            alias: alias(index),
            role: "clinic",
            reads: reads,
            in: roster
        )
    }

    /// The entry with which an administrator revokes a site, with what it holds of it.
    static func revocation(of site: SiteID, by administrator: LogStore) throws -> [UInt8] {
        guard let roster = try Roster(in: administrator) else { preconditionFailure("the administrator has a roster") }
        return try draft.revocation(
            of: site,
            cutOffs: Array(try administrator.frontier().rows(of: site)),
            reason: "lost",
            in: roster
        )
    }
}
