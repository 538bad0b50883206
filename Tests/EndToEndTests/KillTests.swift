import Foundation
import Synchronization
import TestSupport
import Testing

/// Real writers at one store, with a daemon and readers beside them, all killed with SIGKILL at moments nobody chose. The
/// oracle is what they had said on standard output: what was acknowledged is there afterwards, with the digest that was
/// printed. `make crowd` does the same for as long as wanted.
@Suite("Writers that are killed", .timeLimit(.minutes(30)))
struct KillTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let killsWanted = environment["ABSCOPE_KILLS"].flatMap { Int($0) } ?? 60
    private static let seed = environment["ABSCOPE_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)

    /// What one writer saw.
    private struct Transcript {
        var acknowledged: [String] = []
        var fractions: [Int] = []
        var kills = 0
        var started = 0
        var problems: [String] = []
    }

    /// Says when everybody may go home.
    private final class Shift: Sendable {
        private let over = Mutex(false)
        var isOver: Bool { over.withLock { $0 } }
        func end() { over.withLock { $0 = true } }
    }

    @Test("what several writers acknowledged before they were killed is there, and nobody gave a fraction twice")
    func acknowledgedSurvives() async throws {
        print("writers that are killed: ABSCOPE_SEED=\(Self.seed) ABSCOPE_KILLS=\(Self.killsWanted)")
        let site = try await Site.made("KI", "--found", "Writers that are killed")
        let number = try await site.addCase()
        try await site.addCourse(to: number)
        let began = ContinuousClock.now
        try await site.must(["case", "list"])
        let usualMilliseconds = max(10, Int((ContinuousClock.now - began) / .milliseconds(1)))

        let writers = 8
        let shift = Shift()
        async let daemons = Self.serve(at: site, seed: SplitMix64.mix(Self.seed, 100), until: shift)
        async let looks = Self.look(
            at: number,
            of: site,
            seed: SplitMix64.mix(Self.seed, 101),
            usualMilliseconds: usualMilliseconds,
            until: shift
        )
        let transcripts = try await withThrowingTaskGroup(of: Transcript.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    try await Self.write(
                        writer,
                        kills: (Self.killsWanted + writer) / writers,
                        givesFractions: writer < 2,
                        to: number,
                        at: site,
                        usualMilliseconds: usualMilliseconds
                    )
                }
            }
            defer { shift.end() }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(try await daemons > 0)
        #expect(try await looks > 0)

        #expect(transcripts.flatMap(\.problems).isEmpty, "\(transcripts.flatMap(\.problems))")
        #expect(transcripts.reduce(0) { $0 + $1.kills } == Self.killsWanted)
        let acknowledged = transcripts.flatMap(\.acknowledged)
        try #require(!acknowledged.isEmpty, "writers were killed before any of them had recorded anything")

        let verified = try await site.document(["log", "verify"])
        #expect(verified["damaged"] as? Bool == false)
        let feeds = try #require(verified["feeds"] as? [[String: Any]])
        let names = Set(feeds.compactMap { ($0["feed"] as? String)?.dropLast(2) })
        #expect(names.count == 1, "a killed writer is no reason for a new epoch: \(names)")
        #expect(feeds.allSatisfy { ($0["findings"] as? [Any])?.isEmpty == true }, "\(feeds)")

        let shown = try await site.document(["log", "show", "KI.2.1", "--count", "100000"])
        let entries = try #require(shown["entries"] as? [[String: Any]])
        #expect(entries.map { $0["position"] as? Int } == (1...entries.count).map { $0 })
        let references = Set(entries.compactMap { $0["reference"] as? String })
        #expect(references.count == entries.count)
        #expect(references.isSuperset(of: acknowledged), "lost: \(Set(acknowledged).subtracting(references))")
        #expect(Set(acknowledged).count == acknowledged.count, "no reference is given out twice")
        // Three entries were there before the writers; each of them made at most one.
        #expect(entries.count <= 3 + transcripts.reduce(0) { $0 + $1.started })

        let listed = try await site.document(["fraction", "list", number])
        let fractions = try #require(listed["fractions"] as? [[String: Any]]).compactMap { $0["number"] as? Int }
        #expect(Set(fractions).count == fractions.count, "a fraction was given twice: \(fractions.sorted())")
        #expect(Set(fractions).isSuperset(of: transcripts.flatMap(\.fractions)))
    }

    /// A daemon that is killed again and again. What it holds of the lock must not stay held.
    ///
    /// - Returns: How often it was killed.
    private static func serve(at site: Site, seed: UInt64, until shift: Shift) async throws -> Int {
        var random = SplitMix64(seed: seed)
        var kills = 0
        while !shift.isOver {
            let daemon = try site.startDaemon(["--listen", "127.0.0.1:0"])
            let moment = ContinuousClock.now + .milliseconds(200 + random.below(2_000))
            while try daemon.status == nil, !shift.isOver, ContinuousClock.now < moment {
                try await Task.sleep(for: .milliseconds(5))
            }
            guard try daemon.status == nil else { throw Hindrance("the daemon ended: \(try daemon.errors)") }
            daemon.signal(SIGKILL)
            _ = try await daemon.end()
            kills += 1
        }
        return kills
    }

    /// Somebody who only looks, and is killed every other time.
    ///
    /// - Returns: How often it was answered.
    private static func look(
        at number: String,
        of site: Site,
        seed: UInt64,
        usualMilliseconds: Int,
        until shift: Shift
    ) async throws -> Int {
        let commands = [
            ["case", "list"], ["case", "show", number], ["log", "verify"], ["fraction", "list", number],
        ]
        var random = SplitMix64(seed: seed)
        var answers = 0
        while !shift.isOver || answers == 0 {
            let command = commands[random.below(commands.count)]
            let program = try site.start(command)
            if !shift.isOver, random.chance(1, in: 2) {
                try await Task.sleep(for: .milliseconds(random.below(usualMilliseconds * 4)))
                program.signal(SIGKILL)
            }
            let status = try await program.end()
            // 1: what a killed writer left behind the end is a note of `log verify` until the next one writes.
            guard [0, -SIGKILL].contains(status) || (status == 1 && command[1] == "verify") else {
                throw Hindrance("\(command) ended with \(status): \(try program.errors)\(try program.output)")
            }
            if status != -SIGKILL { answers += 1 }
        }
        return answers
    }

    /// One person at work: records again and again, and is killed somewhere in between, until it happened often enough.
    private static func write(
        _ writer: Int,
        kills: Int,
        givesFractions: Bool,
        to number: String,
        at site: Site,
        usualMilliseconds: Int
    ) async throws -> Transcript {
        var random = SplitMix64(seed: SplitMix64.mix(seed, UInt64(writer)))
        var transcript = Transcript()
        var day = 0
        // As long as makes one run of two end before it is killed, however busy the machine is.
        var spanMilliseconds = usualMilliseconds * 4
        var isLast = false
        while !isLast {
            // The last one is left in peace: whatever the killed ones left behind, recording goes on.
            isLast = transcript.kills == kills
            transcript.started += 1
            let program: RunningProgram
            if givesFractions, day < 13 {
                // Two nurses, never on the same day: the number is all they can collide on.
                day += 1
                let date = "2024-0\(1 + writer)-\(10 + day)"
                program = try site.start(["fraction", "give", number, "--date", date, "--yes", "--json"])
            } else {
                program = try site.start(
                    ["case", "add", "--stage", "II", "--json"],
                    input: "name: Person \(writer)-\(transcript.started)\n"
                )
            }
            if !isLast {
                let moment = ContinuousClock.now + .milliseconds(random.below(spanMilliseconds))
                while try program.status == nil, ContinuousClock.now < moment {
                    try await Task.sleep(for: .milliseconds(1))
                }
                program.signal(SIGKILL)
            }
            let status = try await program.end()
            if status == -SIGKILL { transcript.kills += 1 }
            spanMilliseconds += (status == -SIGKILL ? 1 : -1) * max(1, spanMilliseconds / 8)
            spanMilliseconds = max(spanMilliseconds, 8)
            // Killed after the whole line was out is acknowledged as well: somebody may have read it.
            let output = try program.output
            if output.hasSuffix("\n") {
                let made = try Site.document(output)
                guard let reference = made["reference"] as? String else {
                    throw Hindrance("a write names no reference: \(output)")
                }
                transcript.acknowledged.append(reference)
                let fraction = (made["fraction"] as? [String: Any])?["number"] as? Int
                if let fraction { transcript.fractions.append(fraction) }
            } else if status == 0 {
                transcript.problems.append("ended with 0 and said nothing")
            }
            // 75: the other nurse was faster, and nothing was recorded.
            if ![0, -SIGKILL, 75].contains(status) {
                transcript.problems.append("ended with \(status): \(try program.errors)")
            }
        }
        return transcript
    }
}
