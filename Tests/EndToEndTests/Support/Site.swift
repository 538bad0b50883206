import Foundation
import TestSupport

/// A store in a folder of its own, and the programs that work on it.
final class Site: Sendable {
    let folder: TemporaryDirectory
    let alias: String
    var store: String { folder.path + "/store" }

    /// A folder without a store.
    init(_ alias: String) throws {
        self.alias = alias
        folder = try TemporaryDirectory()
    }

    /// A store with one operator.
    static func made(_ alias: String, _ options: String...) async throws -> Site {
        let site = try Site(alias)
        try await site.must(["init", "--site", alias] + options)
        try await site.must(["operator", "add"], input: "name: Wang Li\n")
        return site
    }

    /// Starts `abscope`.
    func start(_ arguments: [String], input: String = "") throws -> RunningProgram {
        try RunningProgram(
            try BuiltProgram.abscope.path(),
            bytes: arguments.map { Array($0.utf8) },
            input: Array(input.utf8),
            in: folder,
            environment: ["ABSCOPE_STORE": store]
        )
    }

    /// Runs `abscope` and waits for it.
    func run(_ arguments: [String], input: String = "") async throws -> ProgramRun {
        try await ProgramRun.run(
            bytes: arguments.map { Array($0.utf8) },
            input: input,
            in: folder,
            environment: ["ABSCOPE_STORE": store]
        )
    }

    /// Runs any program with the surroundings of this site's `abscope`.
    func run(program: String, bytes arguments: [[UInt8]], input: [UInt8] = []) async throws -> ProgramRun {
        try await RunningProgram(
            program,
            bytes: arguments,
            input: input,
            in: folder,
            environment: ["ABSCOPE_STORE": store]
        ).run()
    }

    /// Runs `abscope` and gives its standard output.
    ///
    /// - Throws: ``Hindrance`` with what it said when its status is not 0.
    @discardableResult
    func must(_ arguments: [String], input: String = "") async throws -> String {
        let run = try await run(arguments, input: input)
        guard run.status == 0 else {
            throw Hindrance(
                "abscope \(arguments.joined(separator: " ")) ended with \(run.status): \(run.errors)\(run.output)"
            )
        }
        return run.output
    }

    /// Runs `abscope … --json` and gives the document's members.
    @discardableResult
    func document(_ arguments: [String], input: String = "") async throws -> [String: Any] {
        try Self.document(try await must(arguments + ["--json"], input: input))
    }

    /// The members of a line of JSON.
    static func document(_ line: String) throws -> [String: Any] {
        guard let members = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
            throw Hindrance("this is no JSON object: \(line)")
        }
        return members
    }

    /// What the log holds: equal digests prove equal history.
    func frontier() async throws -> String {
        guard let digest = try await document(["log", "stats"])["frontier"] as? String else {
            throw Hindrance("log stats names no frontier")
        }
        return digest
    }

    /// Adds a case and gives its number.
    @discardableResult
    func addCase(_ name: String = "Zhao Min") async throws -> String {
        let made = try await document(["case", "add", "--stage", "IIIA"], input: "name: \(name)\n")
        guard let number = made["case"] as? String else { throw Hindrance("case add names no case") }
        return number
    }

    /// Prescribes 30 fractions of 2 Gy.
    func addCourse(to number: String) async throws {
        try await must(
            [
                "course", "add", number, "--name", "thorax", "--intent", "radical", "--site", "lung", "--laterality",
                "right", "--technique", "IMRT", "--modality", "photon", "--volume", "PTV", "--dose-per-fraction",
                "2.00 Gy", "--fractions", "30", "--first", "2024-01-08",
            ]
        )
    }
}
