import LogFormat
import SyncEngine
import SyncProtocol
import Testing

@Suite("Admission and turns")
struct AdmissionTests {
    private final class Session {}

    private static func places(_ sessions: Int, _ beginning: Int, _ reserved: Int) -> Admission.Places {
        var places = Admission.Places()
        (places.sessions, places.beginning, places.reserved) = (sessions, beginning, reserved)
        return places
    }

    private static func site(_ number: UInt8) throws -> SiteID {
        try #require(SiteID([UInt8](repeating: number, count: 16)))
    }

    @Test("So many begin at once and so many are there, and an administrator finds a place beside them")
    func bounds() throws {
        let admission = Admission(Self.places(5, 2, 1))
        let sessions = (0..<9).map { _ in Session() }
        let sites = try (0..<9).map { try Self.site($0) }
        func enter(_ index: Int, isPreferred: Bool = false) -> Admission.Refusal? {
            admission.enter(
                ObjectIdentifier(sessions[index]),
                of: sites[index],
                isPreferred: isPreferred,
                at: 1,
                chance: 0.5
            )
        }
        #expect(enter(0) == nil && enter(1) == nil)
        #expect(enter(2) != nil, "two are beginning")
        #expect(enter(8, isPreferred: true) == nil)
        #expect(admission.figures.beginning == 3 && admission.figures.turnedAway == 1)
        for index in [0, 1, 8] { admission.stands(ObjectIdentifier(sessions[index]), isInSync: false) }
        #expect(enter(2) == nil && enter(3) == nil && enter(4) != nil)
        admission.stands(ObjectIdentifier(sessions[2]), isInSync: true)
        admission.stands(ObjectIdentifier(sessions[3]), isInSync: true)
        #expect(enter(4) != nil, "five are there")
        #expect(enter(5, isPreferred: true) == nil, "its place is its own")
        #expect(enter(6, isPreferred: true) != nil)
        // Who leaves makes room, begun or not, and once only.
        for _ in 0..<2 { for index in [5, 0, 6] { admission.left(ObjectIdentifier(sessions[index])) } }
        #expect(admission.figures.sessions == 4 && admission.figures.beginning == 0)
        #expect(enter(4) == nil)
        for session in sessions { admission.left(ObjectIdentifier(session)) }
        #expect(admission.figures.sessions == 0 && admission.figures.beginning == 0)
        #expect(admission.figures.turnedAway == 4)
    }

    @Test("One site can not take the places of those that begin")
    func oneSite() throws {
        let admission = Admission()
        let sessions = (0..<6).map { _ in Session() }
        let site = try Self.site(3)
        let waits = sessions.map {
            admission.enter(ObjectIdentifier($0), of: site, isPreferred: false, at: 1, chance: 0)
        }
        #expect(waits.map { $0 == nil } == [true, true, true, true, false, false])
        admission.stands(ObjectIdentifier(sessions[2]), isInSync: true)
        admission.left(ObjectIdentifier(sessions[0]))
        let later = (4..<6).map {
            admission.enter(ObjectIdentifier(sessions[$0]), of: site, isPreferred: false, at: 2, chance: 0)
        }
        #expect(later == [nil, nil] && admission.figures.sessions == 5)
    }

    @Test("Five thousand that are turned away at once come back spread, no more a second than can be served")
    func spread() throws {
        let admission = Admission(Self.places(0, 0, 0))
        let session = Session()
        let site = try Self.site(1)
        var numbers = SystemRandomNumberGenerator()
        var perSecond: [UInt32: Int] = [:]
        var last: UInt32 = 0
        for number in 0..<5_000 {
            // All within a second.
            let wait = admission.enter(
                ObjectIdentifier(session),
                of: site,
                isPreferred: false,
                at: 1 + UInt64(number) * 200_000,
                chance: Double.random(in: 0...1, using: &numbers)
            )?.retryAfterSeconds
            perSecond[wait ?? 0, default: 0] += 1
            last = max(last, wait ?? 0)
        }
        #expect(perSecond[0] == nil)
        #expect(last > 400 && last <= Admission.waitSeconds.upperBound)
        // Over a minute of the time in which they come.
        for start in stride(from: UInt32(0), to: last, by: 60) {
            let count = (start..<start + 60).reduce(0) { $0 + (perSecond[$1] ?? 0) }
            #expect(count <= 60 * 10 * 3 / 2, "\(count) come back within the minute from \(start) s")
        }
        // When it has become quiet nobody waits long.
        let later = admission.enter(
            ObjectIdentifier(session),
            of: site,
            isPreferred: false,
            at: 4_000_000_000_000,
            chance: 1
        )?.retryAfterSeconds
        #expect(later ?? 0 <= 3 * Admission.waitSeconds.lowerBound)
    }

    @Test("When all places are taken a session that has had its turn and nothing left to do gives way, once")
    func gives() throws {
        let admission = Admission(Self.places(3, 9, 1))
        let sessions = (0..<8).map { _ in Session() }
        let sites = try (0..<8).map { try Self.site($0) }
        let second: UInt64 = 1_000_000_000
        func enter(_ index: Int, at now: UInt64, isPreferred: Bool = false) -> Admission.Refusal? {
            admission.enter(
                ObjectIdentifier(sessions[index]),
                of: sites[index],
                isPreferred: isPreferred,
                at: now * second,
                chance: 0.5
            )
        }
        #expect(enter(0, at: 1, isPreferred: true) == nil && enter(1, at: 2) == nil && enter(2, at: 3) == nil)
        for index in 0..<3 { admission.stands(ObjectIdentifier(sessions[index]), isInSync: index != 1) }
        // Nobody has been here for long.
        #expect(enter(3, at: 30)?.yielding == nil)
        // The first is an administrator's, and the second is busy.
        #expect(enter(3, at: 100)?.yielding?.session == ObjectIdentifier(sessions[2]))
        #expect(enter(4, at: 101)?.yielding == nil)
        admission.stands(ObjectIdentifier(sessions[1]), isInSync: true)
        #expect(enter(5, at: 102)?.yielding?.session == ObjectIdentifier(sessions[1]))
        admission.left(ObjectIdentifier(sessions[2]))
        #expect(enter(3, at: 110) == nil)
        // Those who gave way count among those who are turned away.
        #expect(admission.figures.turnedAway == 6)
    }

    @Test("A place that was made free is kept for whom it was made free, for a while")
    func kept() throws {
        let admission = Admission(Self.places(1, 9, 0))
        let sessions = [Session(), Session()]
        let sites = try [Self.site(1), Self.site(2)]
        func enter(_ index: Int, at second: UInt64) -> Admission.Refusal? {
            admission.enter(
                ObjectIdentifier(sessions[index]),
                of: sites[index],
                isPreferred: false,
                at: second * 1_000_000_000,
                chance: 0.5
            )
        }
        func settle(_ index: Int) { admission.stands(ObjectIdentifier(sessions[index]), isInSync: true) }
        func leave(_ index: Int) { admission.left(ObjectIdentifier(sessions[index])) }
        #expect(enter(0, at: 0) == nil)
        settle(0)
        #expect(enter(1, at: 60)?.yielding?.session == ObjectIdentifier(sessions[0]))
        #expect(enter(1, at: 61)?.yielding == nil, "nobody else gives way for it before that one has gone")
        leave(0)
        #expect(enter(0, at: 62) != nil, "who gave way is back first")
        #expect(enter(1, at: 63) == nil)
        leave(1)
        #expect(enter(0, at: 64) == nil)
        settle(0)
        #expect(enter(1, at: 200)?.yielding != nil)
        leave(0)
        #expect(enter(0, at: 201) != nil)
        #expect(enter(0, at: 300) == nil, "who does not come back has lost it")
    }

    @Test("Of thrice as many sites as there are places each has its turn again and again")
    func rounds() throws {
        let admission = Admission(Self.places(10, 10, 0))
        let sessions = (0..<30).map { _ in Session() }
        let sites = try (0..<30).map { try Self.site($0) }
        var numbers = SystemRandomNumberGenerator()
        // Each dials as a daemon does.
        var backoffs = [Backoff](repeating: Backoff(), count: 30)
        var due = [UInt64](repeating: 0, count: 30)
        var isIn = [Bool](repeating: false, count: 30)
        func wait(_ index: Int, _ seconds: UInt32, lasted: UInt64) -> UInt64 {
            let outcome = DialOutcome(
                isIntroduced: lasted > 0,
                reason: .busy,
                retryAfterSeconds: seconds,
                hasMovedEntries: lasted > 0,
                lastedMilliseconds: lasted
            )
            return backoffs[index].wait(after: outcome, chance: Double.random(in: 0...1, using: &numbers)) / 1_000
        }
        var turns = [Int](repeating: 0, count: 30)
        for second in 1...7_200 as ClosedRange<UInt64> {
            for index in 0..<30 where !isIn[index] && due[index] <= second {
                let refusal = admission.enter(
                    ObjectIdentifier(sessions[index]),
                    of: sites[index],
                    isPreferred: false,
                    at: second * 1_000_000_000,
                    chance: Double.random(in: 0...1, using: &numbers)
                )
                guard let refusal else {
                    isIn[index] = true
                    turns[index] += 1
                    admission.stands(ObjectIdentifier(sessions[index]), isInSync: true)
                    continue
                }
                due[index] = second + wait(index, refusal.retryAfterSeconds, lasted: 0)
                guard let yielding = refusal.yielding,
                    let other = sessions.firstIndex(where: { ObjectIdentifier($0) == yielding.session })
                else { continue }
                #expect(isIn[other])
                isIn[other] = false
                due[other] = second + wait(other, yielding.retryAfterSeconds, lasted: 60_000)
                admission.left(yielding.session)
            }
        }
        // A turn is a minute and what its successor needs to come back, so about 34 at most for each in two hours at a third of
        // as many places.
        #expect(turns.min() ?? 0 >= 25, "\(turns)")
        #expect((turns.max() ?? 0) - (turns.min() ?? 0) <= 4, "\(turns)")
    }

    @Test("A site with a thousand pieces makes another wait for one of them")
    func heavy() throws {
        var turns = FairTurns<String>()
        let (heavy, light) = (try Self.site(1), try Self.site(2))
        for number in 0..<1_000 { turns.add("heavy \(number)", of: heavy) }
        var served: [String] = []
        var waits: [UInt64] = []
        var (clock, asked) = (UInt64(0), UInt64(0))
        for step in 0..<600 {
            if step % 10 == 5 {
                turns.add("light \(step)", of: light)
                asked = clock
            }
            let turn = turns.next()
            let next = try #require(turn)
            let cost: UInt64 = next.site == heavy ? 20 : 1
            if next.site == light { waits.append(clock - asked) }
            served.append(next.work)
            clock += cost
            turns.charge(cost, to: next.site)
        }
        #expect(waits.count == 60 && waits.max() ?? .max <= 20)
        // Each line keeps its order.
        let pieces = served.filter { $0.hasPrefix("heavy") }
        #expect(pieces == (0..<pieces.count).map { "heavy \($0)" })
        #expect(turns.count == 1_000 - pieces.count)
    }

    @Test("A piece that was taken is let go of, also in a line that is never empty")
    func letGo() throws {
        final class Piece: Sendable {}
        var turns = FairTurns<Piece>()
        let site = try Self.site(1)
        weak var first: Piece?
        do {
            let piece = Piece()
            first = piece
            turns.add(piece, of: site)
        }
        for _ in 0..<10 {
            turns.add(Piece(), of: site)
            _ = turns.next()
        }
        #expect(first == nil)
        #expect(turns.count == 1)
    }

    @Test("Of many that always have something each has as much of the thread, and who was away has saved up nothing")
    func shares() throws {
        var turns = FairTurns<Int>()
        let sites = try (1...8).map { try Self.site(UInt8($0)) }
        var spent: [SiteID: UInt64] = [:]
        func serve(_ count: Int, _ present: [SiteID]) throws {
            for site in present { turns.add(0, of: site) }
            for _ in 0..<count {
                let turn = turns.next()
                let next = try #require(turn)
                // The first takes ten times as long for each piece.
                let cost: UInt64 = next.site == sites[0] ? 100 : 10
                turns.charge(cost, to: next.site)
                spent[next.site, default: 0] += cost
                turns.add(0, of: next.site)
            }
        }
        try serve(2_000, Array(sites.dropLast()))
        let shares = sites.dropLast().map { spent[$0] ?? 0 }
        #expect((shares.max() ?? 0) - (shares.min() ?? 0) <= 100, "\(shares)")
        let before = spent
        try serve(800, [sites[7]])
        let late = spent[sites[7]] ?? 0
        let others = sites.dropLast().map { (spent[$0] ?? 0) - (before[$0] ?? 0) }
        #expect(late <= (others.max() ?? 0) + 200, "\(late) beside \(others)")
        #expect(late + 200 >= others.min() ?? 0)
    }

    @Test("What waits is served once, in order of arrival among equals, and nothing is left")
    func order() throws {
        var turns = FairTurns<UInt8>()
        #expect(turns.next() == nil)
        for number in 1...9 as ClosedRange<UInt8> { turns.add(number, of: try Self.site(number)) }
        var served: [UInt8] = []
        while let next = turns.next() {
            served.append(next.work)
            turns.charge(5, to: next.site)
        }
        #expect(served == Array(1...9) && turns.count == 0)
    }
}
