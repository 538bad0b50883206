import StoreIO
import TestSupport
import Testing

/// `docs/clinic-day.md` is a session that somebody can type: every step is run as it stands there, one after the other in one
/// shell, and what it prints is compared. `…` stands for anything, and any number of blanks for any other.
@Suite("The page of a day at a clinic")
struct ClinicDayPageTests {
    private static let path =
        #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" } + "/docs/clinic-day.md"

    /// A block of the page, or one command of it.
    private struct Step {
        let line: Int
        let command: String
        /// nil where it only has to succeed.
        var expected: [String]?
    }

    private static func steps(of page: String) -> [Step] {
        var steps: [Step] = []
        var block: String?
        for (index, line) in page.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).enumerated()
        {
            if line.hasPrefix("```") {
                block = block == nil ? String(line.dropFirst(3)) : nil
                continue
            }
            switch block {
            case "sh": steps.append(Step(line: index + 1, command: line, expected: nil))
            case "console":
                if line.hasPrefix("$ ") {
                    steps.append(Step(line: index + 1, command: String(line.dropFirst(2)), expected: []))
                } else {
                    steps[steps.count - 1].expected?.append(line)
                }
            default: break
            }
        }
        return steps
    }

    /// Words of a line, each blank the same.
    private static func words(_ line: String) -> String {
        line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Whether a printed line is what the page has.
    private static func fits(_ printed: String, _ expected: String) -> Bool {
        let parts = words(expected).split(separator: "…", omittingEmptySubsequences: false).map(String.init)
        var rest = words(printed)[...]
        guard let first = parts.first, rest.hasPrefix(first) else { return false }
        rest = rest.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        guard parts.count > 1, let last = parts.last else { return rest.isEmpty }
        return rest.hasSuffix(last)
    }

    @Test("the comparison itself: dots stand for anything, blanks for blanks, and nothing else does")
    func comparison() {
        #expect(Self.fits("Recorded: GY.2.3-0a1b", "Recorded: GY.2.3-…") && Self.fits("a   b", "a b"))
        #expect(Self.fits("x 1 y 2 z", "x … y … z") && Self.fits("… cut off", "… cut off"))
        #expect(!Self.fits("Recorded: GY.2.4-0a1b", "Recorded: GY.2.3-…") && !Self.fits("ab", "a"))
        #expect(!Self.fits("x 1 z", "x … y … z") && !Self.fits("a", "a b"))
    }

    @Test("every step prints what the page says", .timeLimit(.minutes(5)))
    func page() async throws {
        let folder = try TemporaryDirectory()
        let programs = try BuiltProgram.abscope.path().split(separator: "/").dropLast().joined(separator: "/")
        let steps = Self.steps(of: String(decoding: try SmallFile.read(Self.path), as: UTF8.self))
        try #require(steps.count > 60, "the page was read")
        // Between them a line that no step prints.
        var script = "exec 2>&1\ncd '\(folder.path)'\n"
        for (index, step) in steps.enumerated() {
            script += "echo '@@@ \(index)'\n\(step.command)\n"
            if step.expected == nil { script += "[ $? -eq 0 ] || echo '@@@ failed'\n" }
        }
        try SmallFile.write(Array(script.utf8), to: folder.path + "/day.sh")
        let shell = try RunningProgram(
            "/bin/bash",
            bytes: [Array("\(folder.path)/day.sh".utf8)],
            in: folder,
            environment: [
                "PATH": "/\(programs):/usr/bin:/bin", "TZ": "Asia/Shanghai", "NO_COLOR": "1", "LC_ALL": "C.UTF-8",
            ]
        )
        let run = try await shell.run()
        var printed: [Int: [String]] = [:]
        var current = -1
        for line in run.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line == "@@@ failed" {
                let step = steps[current]
                Issue.record("line \(step.line): \(step.command) failed: \(printed[current] ?? [])")
            } else if line.hasPrefix("@@@ "), let index = Int(line.dropFirst(4)) {
                current = index
            } else {
                printed[current, default: []].append(line)
            }
        }
        for (index, step) in steps.enumerated() {
            guard let expected = step.expected else { continue }
            func kept(_ lines: [String]) -> [String] { lines.filter { !Self.words($0).isEmpty } }
            let (lines, wanted) = (kept(printed[index] ?? []), kept(expected))
            let fits = lines.count == wanted.count && zip(lines, wanted).allSatisfy { Self.fits($0, $1) }
            #expect(fits, "line \(step.line): \(step.command)\nprinted \(lines)\nthe page \(wanted)")
        }
    }
}
