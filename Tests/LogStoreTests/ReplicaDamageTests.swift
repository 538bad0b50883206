import Crypto
import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Replicas that are damaged, cut back or cut off by a power cut")
struct ReplicaDamageTests {
    @Test("A damaged replica falls back to its last sound position and is pulled again")
    func fallBack() throws {
        for isSealed in [false, true] {
            let sites = try TwoSites()
            try sites.record(40)
            try sites.pull()
            try sites.attest()
            if isSealed { _ = try sites.replica.seal() }
            guard case .sound = try sites.replica.fallBack(sites.feed) else { throw StorageError(.corrupted, "") }
            let segments = try sites.replicaDisk.tree("/srv/store/feeds/\(sites.feed)").filter { $0.hasSuffix("seg") }
            #expect(segments.count > 3)
            try sites.replicaDisk.flipBit(segments[2], byte: 420)
            let fresh = try sites.reopen(sites.replicaDisk)
            guard case .fellBack(let end?, _) = try fresh.fallBack(sites.feed) else {
                throw StorageError(.corrupted, "")
            }
            let reached = end
            #expect(reached.position > 0 && reached.position < 40)
            #expect(try fresh.incidents().map(\.positions) == [reached.position + 1...40])
            #expect(try !sites.replicaDisk.tree("/srv/store/quarantine").isEmpty)
            // Found again after a power cut, the feed has not more than it kept.
            let cut = try sites.reopen(sites.replicaDisk.crashed(.dropAll))
            #expect(try sites.stored(in: cut) == reached)
            #expect(try cut.incidents().count == 1)
            #expect(try sites.attested(in: fresh) == reached)
            try sites.pull(into: fresh)
            try sites.attest(in: fresh)
            try sites.expectEqual(fresh)
            for report in try fresh.verify() { #expect(!report.isDamaged, "\(report.findings)") }
        }
        let sites = try TwoSites()
        try sites.record(1)
        #expect(throws: StorageError(.invalidArgument, "")) { try sites.origin.fallBack(sites.feed) }
    }

    @Test("A replica whose folder is gone, or whose first segment is damaged, is pulled again from its beginning")
    func nothingLeft() throws {
        for isGone in [false, true] {
            let sites = try TwoSites()
            try sites.record(20)
            try sites.pull()
            try sites.attest()
            let folder = "/srv/store/feeds/\(sites.feed)"
            let segments = try sites.replicaDisk.tree(folder).filter { $0.hasSuffix("seg") }
            if isGone {
                try sites.replicaDisk.process("rm").rename(folder, to: "/srv/store/gone")
            } else {
                try sites.replicaDisk.flipBit(segments[0], byte: 20)
            }
            let fresh = try sites.reopen(sites.replicaDisk)
            #expect(throws: StorageError(.corrupted, "")) {
                try fresh.entries(of: sites.feed, after: 0, limitBytes: 10_000_000)
            }
            guard case .fellBack(nil, _) = try fresh.fallBack(sites.feed) else { throw StorageError(.corrupted, "") }
            #expect(try !fresh.feeds().contains { $0.feed == sites.feed })
            // Another process had the store open all the while.
            try sites.pull(into: sites.replica)
            try sites.attest(in: sites.replica)
            try sites.expectEqual(fresh)
            for report in try fresh.verify() { #expect(!report.isDamaged, "\(report.findings)") }
        }
    }

    @Test("What is damaged again where it was fetched again is left as it is")
    func damagedAgain() throws {
        let sites = try TwoSites()
        for round in 0..<2 {
            if round == 0 { try sites.record(40) }
            try sites.pull()
            try sites.attest()
            let segments = try sites.replicaDisk.tree("/srv/store/feeds/\(sites.feed)").filter { $0.hasSuffix("seg") }
            try sites.replicaDisk.flipBit(segments[2 + round], byte: 420)
            let fresh = try sites.reopen(sites.replicaDisk)
            switch try fresh.fallBack(sites.feed) {
            case .fellBack: #expect(round == 0)
            case .left: #expect(round == 1)
            case .sound: Issue.record("round \(round)")
            }
            #expect(try fresh.incidents().count == 1)
        }
    }

    @Test("A feed that is cut back while a segment of it is being sealed keeps that segment raw")
    func cutBackWhileSealing() throws {
        let sites = try TwoSites()
        try sites.record(40)
        try sites.pull()
        try sites.replica.attest(try #require(try sites.origin.checkpoint(of: sites.feed, through: 2)), key: sites.key)
        let directory = sites.replica.directory(sites.feed)
        #expect(try directory.segments().count > 3)
        let (replica, feed) = (sites.replica, sites.feed)
        let sealer = Sealer(directory) { (work) throws(StorageError) in
            try replica.discardUnattested(of: feed)
            try work()
        }
        #expect(try sealer.sealClosedSegments().segments == 0)
        #expect(try directory.segments() == [SegmentName(firstPosition: 1, kind: .raw)])
        #expect(try !sites.replicaDisk.tree(directory.path).contains { $0.hasSuffix(".new") })
        try sites.pull()
        try sites.attest()
        try sites.expectEqual()
        _ = try sites.replica.seal()
        try sites.expectEqual()
        for report in try sites.replica.verify() { #expect(!report.isDamaged, "\(report.findings)") }
    }

    @Test("After a power cut at any moment every acknowledged block and attestation is there")
    func powerCuts() throws {
        let sites = try TwoSites()
        try sites.record(10)
        let images = Recorded<(SimulatedDisk, String)>()
        let disk = sites.replicaDisk
        disk.observe { call in
            guard call.operation.changesDisk else { return }
            images.append { (disk.crashed(.dropAll), "dropAll \(call)") }
            images.append { (disk.crashed(.seeded(UInt64(call.index))), "seeded \(call)") }
            images.append { (disk.killed(), "killed \(call)") }
        }
        var count = 0
        for piece in 0..<4 {
            let acknowledged = (try sites.stored(in: sites.replica), try sites.attested(in: sites.replica))
            let before = try images.values().count
            if piece % 2 == 0 {
                let blocks = try sites.origin.blocks(of: sites.feed, after: acknowledged.0, limitBytes: 600)
                try sites.replica.receive(blocks, of: sites.feed, key: sites.key, after: acknowledged.0)
            } else {
                let head = acknowledged.0
                try sites.replica.attest(try sites.signed(head), key: sites.key)
            }
            for (image, name) in try images.values().dropFirst(before) {
                count += 1
                let again = try sites.reopen(image)
                #expect(try sites.stored(in: again).position >= acknowledged.0.position, "\(name)")
                #expect(try sites.attested(in: again).position >= acknowledged.1.position, "\(name)")
                try sites.pull(into: again)
                try sites.attest(in: again)
                try sites.expectEqual(again, "\(name)")
            }
        }
        disk.observe(nil)
        #expect(count > 30)
    }

    @Test("A kill or a power cut while a contradicted rest is set aside leaves a store that goes on")
    func cutBackCrashes() throws {
        let sites = try TwoSites()
        try sites.record(6)
        try sites.pull()
        try sites.attest()
        let head = try sites.stored(in: sites.replica)
        for round in 0..<10 {
            let at = try sites.stored(in: sites.replica)
            let forged = try Block.plain([[UInt8](repeating: UInt8(round), count: 400)], after: at).blocks
            try sites.replica.receive(forged, of: sites.feed, key: sites.key, after: at)
        }
        try sites.record(9, seed: 3)
        let early = try sites.signed(try sites.origin.head(of: sites.feed, at: 8))
        let images = Recorded<(SimulatedDisk, String)>()
        let disk = sites.replicaDisk
        disk.observe { call in
            guard call.operation.changesDisk else { return }
            images.append { (disk.crashed(.dropAll), "dropAll \(call)") }
            images.append { (disk.crashed(.keepAll), "keepAll \(call)") }
            images.append { (disk.crashed(.seeded(UInt64(call.index))), "seeded \(call)") }
            images.append { (disk.killed(), "killed \(call)") }
        }
        #expect(throws: StorageError(.moved, "")) { try sites.replica.attest(early, key: sites.key) }
        disk.observe(nil)
        let all = try images.values()
        #expect(all.count > 20)
        for (image, name) in all {
            let again = try sites.reopen(image)
            #expect(try sites.attested(in: again) == head, "\(name)")
            // Either the forged rest is still there and contradicted again, or it is gone already.
            do throws(StorageError) {
                try again.attest(early, key: sites.key)
            } catch {
                #expect(error.code == .moved || error.code == .notFound, "\(name): \(error)")
                // Too little of the rest was left to be contradicted: the origin does not know that head.
                if error.code == .notFound { #expect(try again.discardUnattested(of: sites.feed) == head, "\(name)") }
            }
            try sites.pull(into: again)
            try sites.attest(in: again)
            try sites.expectEqual(again, "\(name)")
        }
    }
}
