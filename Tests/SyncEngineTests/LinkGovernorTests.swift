import SimulatedStorage
import SyncEngine
import SyncProtocol
import TestSupport
import Testing

@Suite("The site's own link")
struct LinkGovernorTests {
    /// Monday 2026-03-02, 08:00.
    private let clock = SimulatedClock()

    private func governor(_ windows: String? = nil, day: UInt64? = nil, month: UInt64? = nil) throws -> LinkGovernor {
        var rules = LinkRules()
        if let windows { rules.windows = try #require(LinkWindows([windows])) }
        rules.budget = LinkBudget(dayBytes: day, monthBytes: month)
        return LinkGovernor(rules, clock: clock, month: { $0 / 30 }, changed: {})
    }

    private func wait(hours: Int64) { clock.advance(milliseconds: hours * 3_600_000) }

    @Test("It opens and closes with its windows, in the zone of the machine")
    func windows() throws {
        let link = try governor("daily 22:00-05:00")
        #expect(link.standing == .waiting(openInSeconds: 14 * 3600))
        wait(hours: 14)
        #expect(link.isOpen)
        wait(hours: 7)
        #expect(!link.isOpen)
        clock.set(zoneOffsetMinutes: -60)
        #expect(link.isOpen)
    }

    @Test("A person opens it for a while; what is urgent until it has gone, and never cuts a person's time short")
    func leave() throws {
        let link = try governor("daily 22:00-05:00")
        link.giveLeave(isForUrgent: true)
        #expect(link.isOpen && link.report.leaveSeconds != nil)
        link.urgentHasGone()
        #expect(!link.isOpen && link.report.leaveSeconds == nil)
        link.giveLeave(isForUrgent: false)
        link.giveLeave(isForUrgent: true)
        link.urgentHasGone()
        #expect(link.isOpen)
        clock.advance(milliseconds: Int64(LinkGovernor.leaveSeconds) * 1000)
        #expect(!link.isOpen)
    }

    @Test("What a person asks for just before a window closes goes on after that; for what is urgent it is asked then")
    func leaveBeforeTheEnd() throws {
        for isForUrgent in [false, true] {
            let clock = SimulatedClock()
            var rules = LinkRules()
            rules.windows = try #require(LinkWindows(["daily 07:00-09:00"]))
            let link = LinkGovernor(rules, clock: clock, month: { $0 / 30 }, changed: {})
            clock.advance(milliseconds: 3_600_000 - 30_000)
            link.giveLeave(isForUrgent: isForUrgent)
            #expect(link.isOpen && link.report.leaveSeconds == nil && link.secondsUntilChange() == 30)
            clock.advance(milliseconds: 31_000)
            #expect(link.isOpen == !isForUrgent && link.ruled != .open)
            guard !isForUrgent else { continue }
            // What is urgent does not take it away.
            link.urgentHasGone()
            #expect(link.report.leaveSeconds == Int(LinkGovernor.leaveSeconds) - 31 + 1)
            clock.advance(milliseconds: Int64(LinkGovernor.leaveSeconds) * 1000)
            #expect(!link.isOpen)
        }
    }

    @Test("A leave that ran out while a window was open is nobody's: what is urgent afterwards closes when it has gone")
    func leaveRanOut() throws {
        let link = try governor("daily 07:00-09:00")
        link.giveLeave(isForUrgent: false)
        wait(hours: 1)
        #expect(!link.isOpen && link.report.leaveSeconds == nil)
        link.giveLeave(isForUrgent: true)
        #expect(link.isOpen)
        link.urgentHasGone()
        #expect(!link.isOpen)
        let always = try governor()
        always.giveLeave(isForUrgent: false)
        #expect(always.report.leaveSeconds == nil && always.secondsUntilChange() == nil)
    }

    @Test("Nobody is given leave for what is open anyway, and a leave for something urgent begins anew with the next")
    func leaves() throws {
        let link = try governor("daily 07:00-09:00")
        link.giveLeave(isForUrgent: false)
        #expect(link.report.leaveSeconds == nil && link.awaySeconds == nil)
        wait(hours: 1)
        #expect(!link.isOpen && link.awaySeconds == 3600)
        link.giveLeave(isForUrgent: true)
        clock.advance(milliseconds: Int64(LinkGovernor.leaveSeconds) * 1000 - 1000)
        link.giveLeave(isForUrgent: true)
        clock.advance(milliseconds: Int64(LinkGovernor.leaveSeconds) * 1000 - 1000)
        #expect(link.isOpen && link.ruled != .open)
        clock.advance(milliseconds: 2000)
        #expect(!link.isOpen)
    }

    @Test("Bytes that are spent close it for everybody, and the next day opens it")
    func spent() throws {
        let link = try governor(day: 1000, month: 1500)
        link.count(999)
        #expect(link.isOpen)
        link.count(1)
        link.giveLeave(isForUrgent: false)
        #expect(link.standing == .daySpent(openInSeconds: 16 * 3600))
        wait(hours: 16)
        #expect(link.isOpen)
        link.count(500)
        #expect(link.standing == .monthSpent)
    }

    @Test("What an earlier daemon counted counts, with what was counted since")
    func restored() throws {
        let first = try governor(day: 1000)
        first.count(600)
        let second = try governor(day: 1000)
        second.count(100)
        second.restore(first.report.usage)
        #expect(second.report.usage.dayBytes == 700)
        second.count(300)
        #expect(!second.isOpen)
        let report = second.report
        let reply = ControlReply(outcome: .done, process: 1, program: "x", link: report)
        #expect(try ControlReply.decode(reply.encoded)?.link == report)
    }
}
