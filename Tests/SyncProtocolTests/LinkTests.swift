import SyncProtocol
import TestSupport
import Testing

@Suite("When and how much a link may be used")
struct LinkTests {
    /// A moment of the week that began on Monday 2026-11-16, whose day 0 that is.
    private func moment(_ day: Int, _ hour: Int, _ minute: Int = 0, _ second: Int = 0) -> LinkMoment {
        LinkMoment(day: 20_773 + Int64(day), month: 24_322, second: hour * 3600 + minute * 60 + second)
    }

    private func windows(_ texts: String...) throws -> LinkWindows { try #require(LinkWindows(texts)) }

    // MARK: - Windows

    @Test("How the link stands is said in words, for the log")
    func words() {
        let words = [
            LinkRules.State.open, .waiting(openInSeconds: 5), .daySpent(openInSeconds: 7), .monthSpent,
        ].map { "\($0)" }
        #expect(
            words == [
                "open", "its window opens in 5 s", "the bytes of the day are spent, new ones come in 7 s",
                "the bytes of the month are spent",
            ]
        )
    }

    @Test(
        "Windows are read only as they are described",
        arguments: [
            "", "daily", "22:00-05:00", "daily 22:00", "daily 22-05", "daily 22:00-05:00 x", "everyday 22:00-05:00",
            "mon- 22:00-05:00", "mon-tue-wed 22:00-05:00", ",mon 22:00-05:00", "daily 24:00-05:00", "daily 22:60-05:00",
            "daily 22:00-24:01", "daily 1:00-2:00", "daily +1:00-02:00", "daily 22:00-05:00-06:00", "daily ２２:00-05:00",
        ]
    )
    func refused(text: String) { #expect(LinkWindows([text]) == nil) }

    @Test("No window, and more than anybody needs, are refused")
    func counts() throws {
        #expect(LinkWindows([]) == nil)
        #expect(LinkWindows(Array(repeating: "daily 01:00-02:00", count: LinkWindows.countMaximum)) != nil)
        #expect(LinkWindows(Array(repeating: "daily 01:00-02:00", count: LinkWindows.countMaximum + 1)) == nil)
    }

    /// What a window means, minute by minute of the week, said in another way than the code does.
    @Test("Every minute of a week is open or closed as the windows say, and both waits end at the next change")
    func everyMinute() throws {
        let cases: [(texts: [String], isOpen: (Int, Int) -> Bool)] = [
            (["daily 01:30-03:00"], { (90..<180).contains($1) }),
            (["daily 22:00-05:00"], { $1 >= 1320 || $1 < 300 }),
            (
                ["MON-FRI 22:00-05:00"],
                { day, minute in
                    (day < 5 && minute >= 1320) || ((1...5).contains(day) && minute < 300)
                }
            ),
            (["sun 23:00-01:00"], { day, minute in (day == 6 && minute >= 1380) || (day == 0 && minute < 60) }),
            (["sat-mon 00:00-24:00"], { day, _ in day >= 5 || day == 0 }),
            (
                ["sat,sun 00:00-24:00", "wed 12:00-13:00", "wed 12:30-14:00"],
                { day, minute in
                    day >= 5 || (day == 2 && (720..<840).contains(minute))
                }
            ),
            (["daily 00:00-24:00"], { _, _ in true }),
            (["daily 06:00-06:00"], { _, _ in true }),
        ]
        for (texts, isOpen) in cases {
            let windows = try #require(LinkWindows(texts), "\(texts)")
            let week = (0..<10_080).map { isOpen($0 / 1440, $0 % 1440) }
            #expect(windows.isAlwaysOpen == week.allSatisfy(\.self))
            // The next minute at which it is otherwise.
            var change: Int? = 0
            for minute in 0..<10_080 {
                let at = moment(minute / 1440, minute % 1440 / 60, minute % 60)
                guard windows.isOpen(at: at) == week[minute] else {
                    Issue.record("\(texts) at minute \(minute) of the week")
                    return
                }
                while let next = change, next <= minute || week[next % 10_080] == week[minute] {
                    change = next < minute + 10_080 ? next + 1 : nil
                }
                let wait = week[minute] ? windows.secondsUntilClosed(at: at) : windows.secondsUntilOpen(at: at)
                guard wait == change.map({ ($0 - minute) * 60 }) else {
                    Issue.record("\(texts) at minute \(minute): \(String(describing: wait)) seconds")
                    return
                }
                if week[minute] { #expect(windows.secondsUntilOpen(at: at) == 0) }
            }
        }
    }

    // MARK: - Budgets

    @Test("What is left is of the smaller budget, and a new day and a new month begin with all of theirs")
    func budgets() {
        let budget = LinkBudget(dayBytes: 1000, monthBytes: 2500)
        var usage = LinkUsage()
        #expect(LinkBudget().left(usage, at: moment(0, 8)) == nil)
        #expect(budget.left(usage, at: moment(0, 8)) == 1000)
        usage.add(400, at: moment(0, 8))
        #expect(budget.left(usage, at: moment(0, 23)) == 600)
        #expect(budget.left(usage, at: moment(1, 0)) == 1000)
        usage.add(1000, at: moment(1, 1))
        usage.add(900, at: moment(2, 1))
        #expect(budget.left(usage, at: moment(2, 2)) == 100)
        #expect(budget.left(usage, at: moment(3, 2)) == 200, "of the month")
        usage.add(9000, at: moment(3, 2))
        #expect(budget.left(usage, at: moment(4, 2)) == 0)
        let later = LinkMoment(day: moment(4, 2).day + 10, month: moment(4, 2).month + 1, second: 0)
        #expect(budget.left(usage, at: later) == 1000)
        usage.add(.max, at: later)
        #expect(usage.dayBytes == .max)
    }

    @Test("A clock that is set back gives no bytes anew, and the next day counts again", arguments: [1, 2, 4000])
    func clockSetBack(days: Int) {
        func moment(_ day: Int, _ hour: Int) -> LinkMoment {
            LinkMoment(day: 20_773 + Int64(day), month: 24_322 + Int64(day / 30), second: hour * 3600)
        }
        var usage = LinkUsage()
        usage.add(1000, at: moment(days, 8))
        usage.add(500, at: moment(0, 8))
        #expect(usage.dayBytes == 1500 && usage.monthBytes == 1500)
        #expect(LinkBudget(dayBytes: 1500).left(usage, at: moment(0, 9)) == 0)
        var rules = LinkRules()
        rules.budget = LinkBudget(dayBytes: 1500, monthBytes: 3000)
        #expect(rules.state(usage, at: moment(0, 9)) == .daySpent(openInSeconds: 15 * 3600))
        // Where the clock was before something was counted.
        if days > 1 { #expect(rules.state(usage, at: moment(1, 0)) == .open) }
        #expect(rules.state(usage, at: moment(2, 0)) == .open)
        usage.add(1500, at: moment(2, 1))
        #expect(rules.state(usage, at: moment(3, 0)) == .monthSpent)
        #expect(rules.state(usage, at: moment(30, 0)) == .open)
    }

    @Test("A clock that jumps away for a minute comes back to what was counted", arguments: [-20_000, -1, 1, 4000])
    func clockJumps(days: Int64) {
        let today = moment(3, 8)
        let there = LinkMoment(day: today.day + days, month: today.month + days / 30, second: 0)
        var usage = LinkUsage()
        usage.add(1000, at: today)
        for _ in 0..<3 {
            usage.add(10, at: there)
            usage.add(0, at: today)
            #expect(usage.dayBytes >= 1000 && usage.monthBytes >= 1000)
            #expect(usage.dayBytes <= 1100)
        }
        // As it is found by the next start, of a machine that does not know the time at first.
        var next = LinkUsage(
            day: usage.day,
            dayBytes: usage.dayBytes,
            month: usage.month,
            monthBytes: usage.monthBytes
        )
        next.add(5, at: there)
        next.add(5, at: today)
        #expect((1000...1100).contains(next.dayBytes))
    }

    @Test("How the link stands: open, waiting for its window, or out of bytes, and when it opens")
    func states() throws {
        var rules = LinkRules()
        var usage = LinkUsage()
        #expect(rules.state(usage, at: moment(0, 12)) == .open)
        rules.windows = try windows("daily 22:00-05:00")
        #expect(rules.state(usage, at: moment(0, 12)) == .waiting(openInSeconds: 10 * 3600))
        #expect(rules.state(usage, at: moment(0, 23)) == .open)
        rules.budget = LinkBudget(dayBytes: 100, monthBytes: 200)
        usage.add(100, at: moment(0, 23))
        #expect(rules.state(usage, at: moment(0, 23)) == .daySpent(openInSeconds: 3600))
        rules.windows = try windows("daily 22:00-23:30")
        #expect(rules.state(usage, at: moment(0, 23)) == .daySpent(openInSeconds: 23 * 3600))
        usage.add(100, at: moment(1, 23))
        #expect(rules.state(usage, at: moment(2, 23)) == .monthSpent)
    }

    // MARK: - Forecasts

    private func forecast(_ bytes: UInt64, _ rules: LinkRules, at moment: LinkMoment) -> LinkForecast {
        LinkForecast(bytes: bytes, bytesPerSecond: 1000, rules: rules, usage: LinkUsage(), at: moment)
    }

    @Test("Without rules it takes as long as the rate says")
    func free() {
        let all = forecast(1_000_500, LinkRules(), at: moment(0, 12))
        #expect(all.bytesBeforeClose == 1_000_500 && all.limit == nil && all.closesInSeconds == nil)
        #expect(all.doneInSeconds == 1001 && all.shareBeforeClose == 1)
        #expect(forecast(0, LinkRules(), at: moment(0, 12)).doneInSeconds == 0)
        #expect(forecast(.max, LinkRules(), at: moment(0, 12)).doneInSeconds == nil)
        let fastest = LinkForecast(
            bytes: .max,
            bytesPerSecond: .max,
            rules: LinkRules(),
            usage: LinkUsage(),
            at: moment(0, 12)
        )
        #expect(fastest.doneInSeconds == 1)
    }

    @Test("What does not fit into a night says how far it comes by morning, and goes on the next night")
    func nights() throws {
        var rules = LinkRules()
        rules.windows = try windows("daily 22:00-05:00")
        let night: UInt64 = 7 * 3600 * 1000
        let long = forecast(night * 2, rules, at: moment(0, 21))
        #expect(long.limit == .window && long.bytesBeforeClose == night && long.shareBeforeClose == 0.5)
        #expect(long.closesInSeconds == 8 * 3600)
        #expect(long.doneInSeconds == (24 + 8) * 3600)
        let short = forecast(night, rules, at: moment(0, 21))
        #expect(short.limit == nil && short.doneInSeconds == 8 * 3600)
        let begun = forecast(night, rules, at: moment(0, 23))
        #expect(begun.bytesBeforeClose == night * 6 / 7 && begun.closesInSeconds == 6 * 3600)
        #expect(begun.doneInSeconds == 24 * 3600)
    }

    @Test("A day's bytes end a day, those of a month end the forecast")
    func spent() throws {
        var rules = LinkRules()
        rules.budget.dayBytes = 3_600_000
        let days = forecast(9_000_000, rules, at: moment(0, 12))
        #expect(days.limit == .dayBudget && days.bytesBeforeClose == 3_600_000 && days.closesInSeconds == 3600)
        #expect(days.doneInSeconds == 36 * 3600 + 1800)
        rules.budget.monthBytes = 5_000_000
        let month = forecast(9_000_000, rules, at: moment(0, 12))
        #expect(month.limit == .dayBudget && month.doneInSeconds == nil)
        rules.budget.dayBytes = nil
        #expect(forecast(9_000_000, rules, at: moment(0, 12)).limit == .monthBudget)
        #expect(forecast(5_000_000, rules, at: moment(0, 12)).doneInSeconds == 5000)
        // A night that spans midnight has the bytes of two days.
        rules.budget = LinkBudget(dayBytes: 1_000_000)
        rules.windows = try windows("daily 23:00-01:00")
        let night = forecast(2_000_000, rules, at: moment(0, 23))
        #expect(night.limit == .dayBudget && night.bytesBeforeClose == 1_000_000)
        #expect(night.doneInSeconds == 3600 + 1000)
    }

    @Test("Any rules, sizes and moments: a forecast ends, and never says more than there is")
    func random() throws {
        var generator = SplitMix64(seed: 20_261_122)
        for round in 0..<2000 {
            var rules = LinkRules()
            if generator.below(3) > 0 {
                let (from, to) = (generator.below(24), generator.below(25))
                func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
                rules.windows = try #require(LinkWindows(["mon-thu \(two(from)):00-\(two(to)):00"]))
            }
            if generator.below(2) == 0 { rules.budget.dayBytes = UInt64(generator.below(1 << 22)) }
            if generator.below(3) == 0 { rules.budget.monthBytes = UInt64(generator.below(1 << 24)) }
            let bytes = UInt64(generator.below(1 << 24))
            let at = moment(generator.below(7), generator.below(24), generator.below(60), generator.below(60))
            let found = forecast(bytes, rules, at: at)
            #expect(found.bytesBeforeClose <= bytes, "round \(round)")
            #expect((found.limit == nil) == (found.bytesBeforeClose == bytes), "round \(round)")
            if found.limit == nil { #expect(found.doneInSeconds != nil, "round \(round)") }
            if let done = found.doneInSeconds, let closes = found.closesInSeconds { #expect(done >= closes) }
        }
    }
}
