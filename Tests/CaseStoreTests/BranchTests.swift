import CaseModel
import Foundation
import LogFormat
import LogStore
import Schema
import StoreIO
import TestSupport
import Testing

@testable import CaseStore

@Suite("Records of another history of a feed")
struct BranchTests {
    /// A site whose machine was set back, and two sites that hold one of its two histories each.
    private struct Forked {
        let origin: Clinic
        let first: Clinic
        let second: Clinic
        let feed: FeedID
        /// A case that both histories have, and one of each.
        let common: RecordID
        let ofFirst: RecordID
        let ofSecond: RecordID
        let commonHead: FeedHead

        init() throws {
            let (origin, first, second) = (try Clinic(), try Clinic(alias: "WH"), try Clinic(alias: "XA"))
            let feed = origin.recordsFeed
            common = try origin.addCase(named: "common")
            let commonHead = try origin.log.frontier()[feed]
            self.commonHead = try #require(commonHead)
            let files = FileManager.default
            let kept = try TemporaryDirectory()
            for part in ["/store", "/state"] {
                try files.copyItem(atPath: origin.folder.path + part, toPath: kept.path + part)
            }
            ofFirst = try origin.addCase(named: "first")
            try origin.carryRecords(to: first)
            // The whole machine is as it was before, and nothing on it can tell.
            for part in ["/store", "/state"] {
                for name in try files.contentsOfDirectory(atPath: kept.path + part) {
                    // A file that is set back with its disk stays the file it was, and a marker tells by this one.
                    if name == "LOCK" { continue }
                    let file = "\(part)/\(name)"
                    try files.removeItem(atPath: origin.folder.path + file)
                    try files.copyItem(atPath: kept.path + file, toPath: origin.folder.path + file)
                }
            }
            let log = try LogStore.open(at: origin.log.root, in: origin.surroundings)
            let store = try CaseStore(log, names: origin.store.names, in: origin.surroundings)
            var recording = try origin.newCase(named: "second")
            recording.identity = [:]
            let entry = try store.record(recording, program: Clinic.program)
            #expect(entry?.feed == feed, "it goes on in its epoch")
            ofSecond = RecordID(entry: try #require(entry), change: 1)
            let key = log.identity.publicKey
            let start = FeedChain.start(key: key, epoch: feed.epoch, lane: feed.lane)
            let blocks = try log.blocks(of: feed, after: start, limitBytes: 1 << 24)
            _ = try second.log.receive(blocks, of: feed, key: key, after: start)
            try second.log.attest(try #require(try log.checkpoint(of: feed)), key: key)
            try second.store.catchUp()
            (self.origin, self.first, self.second, self.feed) = (origin, first, second, feed)
        }

        /// The first site carries the history it holds.
        func carry() throws {
            let end = try #require(try first.log.checkpoint(of: feed))
            let parts = try #require(
                try first.log.carry(feed, after: commonHead, through: end.head, in: first.log.epoch)
            )
            let statement = try BranchStatement(
                of: end,
                key: origin.log.identity.publicKey,
                heads: [],
                start: commonHead,
                stretches: parts.stretches
            )
            var body = BranchBody()
            body.statement = Data(statement.encoded)
            let draft = EntryDraft(
                recorded: RecordedMoment(milliseconds: 1, zoneOffsetMinutes: 0),
                program: Clinic.program,
                changes: [try .create(.branch, body)]
            )
            let roster = FeedID(site: first.log.site, epoch: first.log.epoch, lane: .roster)
            _ = try first.log.append([try draft.encode(for: roster)], to: .roster)
            try first.store.catchUp()
        }
    }

    @Test("What another site carries is shown beside what is held here, marked, and also when the view is built anew")
    func shown() throws {
        let forked = try Forked()
        let store = forked.second.store
        #expect(try store.states(of: forked.ofFirst).isEmpty)
        #expect(try store.states(of: forked.ofSecond).map(\.kind) == [.case])
        try forked.carry()
        // Where the entries are is known before they are here.
        try forked.first.carryRecords(to: forked.second, lanes: [.roster])
        #expect(try store.states(of: forked.ofFirst).isEmpty)
        try forked.first.carryRecords(to: forked.second)
        for comment in ["arrived", "built anew"] as [Comment] {
            #expect(try store.states(of: forked.ofFirst).map(\.kind) == [.case], comment)
            #expect(try store.states(of: forked.ofSecond).map(\.kind) == [.case], comment)
            #expect(try store.recordsOfBranches(in: forked.ofFirst) == [forked.ofFirst], comment)
            #expect(try store.recordsOfBranches(in: forked.ofSecond).isEmpty, comment)
            #expect(try store.recordsOfBranches(in: forked.common).isEmpty, comment)
            #expect(try Set(store.caseRecords()) == [forked.common, forked.ofFirst, forked.ofSecond], comment)
            #expect(try store.query { try $0.pendingBranches() }.isEmpty, comment)
            try store.rebuild()
            try store.catchUp()
        }
        // Both have one number, and nobody is picked.
        let named = try CaseStore(
            forked.second.log,
            names: forked.origin.store.names,
            in: forked.second.surroundings
        )
        let number = try #require(try named.names.caseNumber(forked.ofFirst))
        #expect(try named.names.caseNumber(forked.ofSecond) == number)
        let error = #expect(throws: RecordError.self) { try named.caseRecord(number) }
        let said = String(describing: error)
        #expect([forked.ofFirst, forked.ofSecond].allSatisfy { said.contains(named.names.reference($0)) }, "\(said)")
        // At the site that carries it, it is the feed itself.
        #expect(try forked.first.store.recordsOfBranches(in: forked.ofFirst).isEmpty)
        #expect(try forked.first.store.query { try $0.pendingBranches() }.isEmpty)
    }
}
