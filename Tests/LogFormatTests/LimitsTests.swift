import Foundation
import LogFormat
import Testing

@Suite("Limits")
struct LimitsTests {
    @Test("The published table and the code have the same limits, none missing on either side")
    func tableAgrees() throws {
        let published = try JSONDecoder().decode([String: Int].self, from: contractFile("limits.json"))
        let ours: [String: Int] = [
            "entryBytes": Limits.entryBytes,
            "blockRawBytes": Limits.blockRawBytes,
            "commitBytes": Limits.commitBytes,
            "segmentBytes": Limits.segmentBytes,
            "segmentDays": Limits.segmentDays,
            "allocationStepBytes": Limits.allocationStepBytes,
            "position": Int(Limits.position),
            "parents": Limits.parents,
            "wantBytesMinimum": Limits.wantBytesMinimum,
            "wantBytesMaximum": Limits.wantBytesMaximum,
            "pushBytes": Limits.pushBytes,
            "reportSites": Limits.reportSites,
            "reportFeeds": Limits.reportFeeds,
            "controlFrameBytes": Limits.controlFrameBytes,
            "dataFrameBytes": Limits.dataFrameBytes,
            "vectorFeeds": Limits.vectorFeeds,
            "silenceSeconds": Limits.silenceSeconds,
            "handshakeSeconds": Limits.handshakeSeconds,
            "crossedDialSeconds": Limits.crossedDialSeconds,
            "keysPerPacket": Limits.keysPerPacket,
            "siteAddresses": Limits.siteAddresses,
            "strangerBytes": Limits.strangerBytes,
            "strangerSeconds": Limits.strangerSeconds,
            "feedsPerSite": Limits.feedsPerSite,
            "recoveriesPerSite": Limits.recoveriesPerSite,
            "unattestedFeedsPerPeer": Limits.unattestedFeedsPerPeer,
            "bundleRecipients": Limits.bundleRecipients,
            "bundleChunkBytes": Limits.bundleChunkBytes,
            "keysMarkBytes": Limits.keysMarkBytes,
            "programScalars": Limits.programScalars,
            "detailScalars": Limits.detailScalars,
            "siteTextBytes": Limits.siteTextBytes,
            "noticeEntries": Limits.noticeEntries,
            "cutOffsPerEntry": Limits.cutOffsPerEntry,
            "readsPerSite": Limits.readsPerSite,
            "reasonCharacters": Limits.reasonCharacters,
            "statementsPerCarrier": Limits.statementsPerCarrier,
        ]
        #expect(published == ours)
    }

    @Test("Every number in the document's table of limits is the code's")
    func documentAgrees() throws {
        let document = String(decoding: try contractFile("log-format.md"), as: UTF8.self)
        let published = try JSONDecoder().decode([String: Int].self, from: contractFile("limits.json"))
        for (name, value) in published {
            #expect(document.contains("| `\(name)` | \(value) |"), "log-format.md lacks `\(name)` = \(value)")
        }
    }

    @Test("No commit needs more room in a segment than the table derives")
    func commitFits() throws {
        // The worst case: blocks that end as early as they can, because the next entry is one of the largest.
        let large = [UInt8](repeating: 1, count: Limits.entryBytes)
        let small = [UInt8](repeating: 2, count: Limits.blockRawBytes - Limits.entryBytes - 8 + 1)
        var entries: [[UInt8]] = []
        var length = 0
        while length + large.count + small.count + 8 <= Limits.commitBytes {
            entries += [small, large]
            length += large.count + small.count + 8
        }
        let blocks = try Block.plain(entries, after: Fixture.start()).blocks
        let stored = blocks.reduce(0) { $0 + $1.header.encodedLengthBytes + BlockPlace.lengthBytes }
        #expect(stored <= Limits.commitStoredBytes)
        #expect(blocks.count == entries.count, "each entry was meant to need a block of its own")
    }
}
