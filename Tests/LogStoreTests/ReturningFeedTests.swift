import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("This site's own feeds as peers send them back")
struct ReturningFeedTests {
    @Test("Blocks of the epoch another process has just opened are taken from nobody")
    func ownEpoch() throws {
        var fixture = try StoreFixture()
        let daemon = try fixture.open("daemon")
        try fixture.append("a", with: daemon)
        try fixture.disk.remove(daemon.record.markerPath)
        let command = try fixture.open("command")
        try fixture.append("b", with: command)
        #expect(command.epoch != daemon.epoch)
        let feed = FeedID(site: command.site, epoch: command.epoch, lane: .records)
        let head = try command.head(of: feed, at: 1)
        let forged = try Block.plain([[6, 6, 6]], after: head).blocks
        let key = command.identity.publicKey
        #expect(try failure { try daemon.receive(forged, of: feed, key: key, after: head) }.code == .invalidArgument)
        try fixture.append("c", with: command)
        try fixture.check(command)
    }

    @Test("Of an epoch that is over, what came from a peer is shown only with a checkpoint, also after a restart")
    func oldEpoch() throws {
        var fixture = try StoreFixture()
        let before = try fixture.open("before")
        try fixture.append("a", with: before)
        let old = FeedID(site: before.site, epoch: before.epoch, lane: .records)
        let head = try before.head(of: old, at: 1)
        try fixture.disk.remove(before.record.markerPath)
        let store = try fixture.open("command")
        try fixture.append("b", with: store)
        let forged = try Block.plain([[6, 6, 6]], after: head).blocks
        try store.receive(forged, of: old, key: store.identity.publicKey, after: head)
        try fixture.check(store)
        let after = fixture.on(fixture.disk.crashed(.dropAll))
        try after.check(try after.open())
    }
}
