import LogFormat
import TestSupport
import Testing

@testable import SyncProtocol

@Suite("Accounts of two ends")
struct SyncAccountsTests {
    private static let feeds: [FeedID] = (0..<3).flatMap { (site: UInt8) in
        Lane.allCases.compactMap { lane in
            guard let id = SiteID([UInt8](repeating: site, count: 16)), let epoch = EpochID([0, 0, 0, 0, 0, 0, 0, 1])
            else { return nil }
            return FeedID(site: id, epoch: epoch, lane: lane)
        }
    }

    /// As if all of them were looked at.
    private func expect(_ accounts: SyncAccounts, tell plain: [FeedID: SyncAccounts.Account]) {
        func sum(_ value: (SyncAccounts.Account) -> UInt64, _ isCounted: (FeedID) -> Bool = { _ in true }) -> UInt64 {
            UInt64(clamping: plain.reduce(UInt128(0)) { isCounted($1.key) ? $0 + UInt128(value($1.value)) : $0 })
        }
        #expect(accounts.toSend.entries == sum(\.entriesToSend) && accounts.toSend.bytes == sum(\.bytesToSend))
        #expect(accounts.toReceive.entries == sum(\.entriesToReceive))
        #expect(accounts.toReceive.bytes == sum(\.bytesToReceive))
        #expect(accounts.urgentEntriesToSend == sum(\.entriesToSend) { $0.lane <= .urgent })
        #expect(accounts.unevenCount == plain.values.count(where: \.isUneven))
        #expect(accounts.uncoveredCount == plain.values.count(where: \.isUncovered))
        let open = plain.filter(\.value.isOpen).keys.sorted { ($0.lane, $0) < ($1.lane, $1) }
        #expect(accounts.open == open)
        #expect(accounts.accounts == plain.filter { $0.value != .settled })
    }

    @Test(
        "What they tell is what looking at every feed would, after any sequence of changes",
        arguments: 0..<20 as Range<UInt64>
    )
    func sums(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var accounts = SyncAccounts()
        var plain: [FeedID: SyncAccounts.Account] = [:]
        for _ in 0..<300 {
            let feed = Self.feeds[Int(generator.next() % UInt64(Self.feeds.count))]
            var account = SyncAccounts.Account()
            if generator.next() % 3 > 0 {
                // Anything a peer may claim, up to numbers whose sum no number holds.
                func number() -> UInt64 { [0, 1, 7, .max - 3, .max][Int(generator.next() % 5)] }
                (account.entriesToSend, account.bytesToSend) = (number(), number())
                (account.entriesToReceive, account.bytesToReceive) = (number(), number())
                account.isUneven = generator.next() % 2 == 0
                account.isOpen = generator.next() % 2 == 0
                account.isUncovered = generator.next() % 2 == 0
            }
            accounts[feed] = account
            plain[feed] = account
            expect(accounts, tell: plain)
        }
        for feed in Self.feeds { accounts[feed] = .settled }
        #expect(accounts == SyncAccounts())
    }

    @Test("Every account of two feeds, one after the other")
    func all() {
        let all = (0..<32).map { bits in
            var account = SyncAccounts.Account()
            account.entriesToSend = bits & 1 == 0 ? 0 : 5
            account.entriesToReceive = bits & 2 == 0 ? 0 : 9
            account.isUneven = bits & 4 != 0
            account.isOpen = bits & 8 != 0
            account.isUncovered = bits & 16 != 0
            return account
        }
        for one in all {
            for two in all {
                var accounts = SyncAccounts()
                accounts[Self.feeds[1]] = one
                accounts[Self.feeds[0]] = two
                expect(accounts, tell: [Self.feeds[1]: one, Self.feeds[0]: two])
                accounts[Self.feeds[1]] = two
                expect(accounts, tell: [Self.feeds[1]: two, Self.feeds[0]: two])
            }
        }
    }

    @Test("A table goes through what is pending and was not laid to rest", arguments: 0..<4 as Range<UInt64>)
    func table(seed: UInt64) {
        struct Work: FeedWork { var isPending: Bool }
        var generator = SplitMix64(seed: seed)
        var table = FeedTable<Work>()
        var plain: [FeedID: (work: Work, rests: Bool)] = [:]
        for _ in 0..<500 {
            let feed = Self.feeds[Int(generator.next() % UInt64(Self.feeds.count))]
            switch generator.next() % 6 {
            case 0, 1:
                let work = Work(isPending: generator.next() % 2 == 0)
                table[feed] = work
                plain[feed] = (work, false)
            case 2:
                table[feed] = nil
                plain[feed] = nil
            case 3:
                table.rest(feed)
                plain[feed]?.rests = true
            case 4:
                table.wake(feed)
                plain[feed]?.rests = false
            default:
                if generator.next() % 8 == 0 {
                    table.wakeAll()
                    for feed in plain.keys { plain[feed]?.rests = false }
                }
            }
            #expect(table.count == plain.count)
            #expect(table.pending == Set(plain.filter { $0.value.work.isPending && !$0.value.rests }.keys))
        }
    }
}
