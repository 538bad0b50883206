import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("What statements know of a replica, and what is given up of it")
struct ReplicaStatementTests {
    /// None of the images has an incident, and each goes on to what the other site has.
    private func expectNoDamage(_ images: Recorded<(SimulatedDisk, String)>, _ sites: TwoSites) throws {
        for (image, name) in try images.values() {
            let again = try sites.reopen(image)
            #expect(try again.incidents().isEmpty, "\(name)")
            try sites.pull(into: again)
            try sites.attest(in: again)
            try sites.expectEqual(again, "\(name)")
        }
    }

    @Test(
        "What was cut back by somebody who could not make that durable does not come back as damage",
        arguments: [DiskFault.killBefore, .lyingSync]
    )
    func cutBackAndNotDurable(fault: DiskFault) throws {
        let sites = try TwoSites()
        try sites.record(40)
        try sites.pull()
        try sites.replica.close()
        let disk = sites.replicaDisk
        let plan = FaultPlan { $0.operation == .synchronize && $0.path.hasSuffix("/HEADS") ? fault : nil }
        let unlucky = try LogStore.open(
            at: "/srv/store",
            in: disk.process("unlucky", faults: plan).surroundings,
            options: TwoSites.options
        )
        #expect(try [.halted, .inputOutput].contains(failure { try unlucky.discardUnattested(of: sites.feed) }.code))
        #expect(try sites.stored(in: sites.replica) == sites.start)
        let images = Recorded<(SimulatedDisk, String)>()
        disk.observe { call in
            if call.operation.changesDisk { images.append { (disk.crashed(.dropAll), "\(call)") } }
        }
        try sites.pull()
        disk.observe(nil)
        try expectNoDamage(images, sites)
    }

    @Test(
        "What a statement covers is not given up when who kept it was killed before it counted",
        arguments: [false, true]
    )
    func statementOfTheKilled(isContradicted: Bool) throws {
        let sites = try TwoSites()
        try sites.record(12)
        try sites.pull(limitBytes: 100_000)
        let plan = FaultPlan { $0.operation == .write && $0.path.hasSuffix("/HEADS") ? .killBefore : nil }
        let killed = try LogStore.open(
            at: "/srv/store",
            in: sites.replicaDisk.process("killed", faults: plan).surroundings,
            options: TwoSites.options
        )
        let head = try sites.origin.head(of: sites.feed, at: 7)
        #expect(throws: StorageError(.halted, "")) { try killed.attest(try sites.signed(head), key: sites.key) }
        #expect(try sites.attested(in: sites.replica).position == 0)
        if isContradicted {
            let other = FeedHead(position: 9, digest: head.digest)
            #expect(throws: StorageError(.moved, "")) {
                try sites.replica.attest(try sites.signed(other), key: sites.key)
            }
        } else {
            #expect(try sites.replica.discardUnattested(of: sites.feed) == head)
        }
        #expect(try sites.stored(in: sites.replica) == head)
        #expect(try sites.attested(in: sites.replica) == head)
        for report in try sites.replica.verify() { #expect(!report.isDamaged, "\(report.findings)") }
        try sites.pull()
        try sites.attest()
        try sites.expectEqual()
    }

    @Test("Entries without a statement are named and are no damage, whether it has not come yet or was lost")
    func statementIsLost() throws {
        func waiting(in store: LogStore) throws -> ClosedRange<UInt64>? {
            let report = try #require(try store.verify(sites.feed))
            #expect(!report.isDamaged && report.lostPositions.isEmpty, "\(report.findings)")
            #expect(report.findings.map(\.weight) == (report.waitingPositions == nil ? [] : [.note]))
            #expect(report.findings.map(\.location.positions) == (report.waitingPositions.map { [$0] } ?? []))
            return report.waitingPositions
        }
        let sites = try TwoSites()
        try sites.record(12)
        try sites.pull()
        #expect(try waiting(in: sites.replica) == 1...12)
        try sites.attest()
        #expect(try waiting(in: sites.replica) == nil)
        try sites.replica.close()
        try sites.record(8, seed: 2)
        try sites.pull()
        // HEADS knows on the disk what is stored, and not what is stated.
        try sites.replica.close()
        try sites.attest()
        let disk = sites.replicaDisk
        let statements = "/srv/store/feeds/\(sites.feed)/CHECKPOINTS"
        try disk.remove(statements)
        #expect(try waiting(in: sites.replica) == nil)
        let restarted = try sites.reopen(disk.crashed(.dropAll))
        #expect(try sites.attested(in: restarted).position == 12)
        #expect(try waiting(in: restarted) == 13...20)
        // Nor is HEADS there any more.
        let lost = disk.crashed(.dropAll)
        try lost.remove("/srv/store/HEADS")
        let store = try sites.reopen(lost)
        #expect(try store.incidents().isEmpty)
        #expect(try waiting(in: store) == 1...20)
        #expect(try store.entries(of: sites.feed, after: 0, limitBytes: 10_000_000).isEmpty)
        try sites.attest(in: store)
        #expect(try waiting(in: store) == nil)
        try sites.expectEqual(store)
    }

    @Test("What is stated is shown, also with damage right behind it and after HEADS forgot it")
    func damageBehindTheStatement() throws {
        let sites = try TwoSites()
        try sites.record(12)
        try sites.pull()
        try sites.replica.close()
        let directory = sites.replica.directory(sites.feed)
        let segment = try SegmentReader(try #require(try directory.segments().first), in: directory)
        let row = try #require(try segment.row(holding: 2, endOffsetBytes: try segment.sizeBytes())?.row)
        let stated = row.previous.position
        try sites.replica.attest(try sites.signed(try sites.origin.head(of: sites.feed, at: stated)), key: sites.key)
        let disk = sites.replicaDisk.crashed(.dropAll)
        try disk.flipBit(segment.path, byte: Int(row.offsetBytes) + Int(row.lengthBytes) - 40)
        let store = try sites.reopen(disk)
        #expect(try sites.attested(in: store).position == stated)
        let theirs = try store.entries(of: sites.feed, after: 0, limitBytes: 10_000_000)
        #expect(
            theirs
                == Array(try sites.origin.entries(of: sites.feed, after: 0, limitBytes: 10_000_000).prefix(Int(stated)))
        )
        let report = try #require(try store.verify(sites.feed))
        #expect(report.lostPositions.first?.lowerBound == stated + 1)
    }

    @Test("A replica of which everything was given up is no damage, wherever the next one is killed that finds it")
    func nothingIsLeft() throws {
        let sites = try TwoSites()
        try sites.record(12)
        try sites.pull()
        try sites.replica.close()
        #expect(try sites.replica.discardUnattested(of: sites.feed) == sites.start)
        let disk = sites.replicaDisk.crashed(.keepAll)
        let images = Recorded<(SimulatedDisk, String)>()
        disk.observeHalfway { call, after in images.append { (after, "in \(call)") } }
        disk.observeBefore { call in
            if call.operation.changesDisk { images.append { (disk.killed(), "before \(call)") } }
        }
        let store = try sites.reopen(disk)
        try sites.pull(into: store)
        disk.observeHalfway(nil)
        disk.observeBefore(nil)
        try expectNoDamage(images, sites)
    }

    @Test("A replica that lost HEADS and its end says what is missing, and gets it back from a copy or by a pull")
    func endIsLost() throws {
        for isPulled in [false, true] {
            for lost in [1, 2, .max] {
                let sites = try TwoSites()
                try sites.record(10)
                try sites.pull()
                try sites.attest()
                try sites.record(30, seed: 3)
                try sites.pull()
                try sites.attest()
                try sites.replica.close()
                let disk = sites.replicaDisk.crashed(.keepAll)
                try disk.process().makeDirectories("/mnt")
                try disk.copyTree("/srv/store", to: "/mnt/copy")
                try disk.remove("/srv/store/HEADS")
                let segments = try disk.tree("/srv/store/feeds/\(sites.feed)").filter { $0.hasSuffix("seg") }
                #expect(segments.count > 3)
                for path in segments.suffix(min(lost, segments.count)) { try disk.remove(path) }
                let store = try sites.reopen(disk)
                let end = try sites.stored(in: store).position
                let shown = lost == .max ? 0 : UInt64(10)
                #expect(end < 40 && end >= shown)
                #expect(try sites.attested(in: store).position == shown)
                #expect(try store.incidents().map(\.positions) == [shown + 1...40])
                // Said once, and not at every start.
                let later = try sites.reopen(disk.crashed(.dropAll))
                #expect(try later.incidents().map(\.positions) == [shown + 1...40])
                if end > 0 {
                    let report = try #require(try later.verify(sites.feed))
                    #expect(report.lostPositions == [shown + 1...40])
                    guard case .sound = try later.fallBack(sites.feed) else { throw StorageError(.corrupted, "") }
                }
                if isPulled || end == 0 {
                    try sites.pull(into: later)
                    try sites.attest(in: later)
                    _ = try later.repair(from: nil)
                } else {
                    let disk = later.surroundings.fileSystem
                    let copy = try StoreCopy(at: "/mnt/copy", in: disk)
                    #expect(try later.repair(from: copy).map(\.isWhole) == [true])
                }
                try sites.expectEqual(later)
                #expect(try later.incidents().isEmpty)
                for report in try later.verify() { #expect(!report.isDamaged, "\(report.findings)") }
                // And it goes on from there.
                try sites.record(5, seed: 9)
                try sites.pull(into: later)
                try sites.attest(in: later)
                try sites.expectEqual(later)
                _ = try later.closeActiveSegments()
                _ = try later.seal()
                for report in try later.verify() { #expect(!report.isDamaged, "\(report.findings)") }
            }
        }
    }

    @Test("What is shown on the administrator's word alone is shown after any power cut, once that word was taken")
    func cutOffTaken() throws {
        let sites = try TwoSites()
        try sites.record(12)
        try sites.pull()
        let head = try sites.stored(in: sites.replica)
        #expect(head.position == 12)
        try sites.replica.attest(head, of: sites.feed)
        let disk = sites.replicaDisk
        for policy in [CrashPolicy.dropAll, .keepAll] + (0..<20).map({ .seeded($0) }) {
            let again = try sites.reopen(disk.crashed(policy))
            #expect(try sites.attested(in: again) == head, "\(policy)")
            try sites.expectEqual(again, "\(policy)")
            #expect(try again.incidents().isEmpty, "\(policy)")
        }
    }
}
