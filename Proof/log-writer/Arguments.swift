import LogStore
import StoreIO

/// The command line: a mode, then `--name value` pairs.
struct Arguments {
    let mode: String
    private var values: [String: [String]] = [:]

    /// - Throws: ``Complaint``.
    init(_ arguments: [String]) throws {
        guard let mode = arguments.first else {
            throw Complaint("log-writer write|check --store PATH … (see docs/durability.md)")
        }
        self.mode = mode
        var rest = arguments.dropFirst()
        while let name = rest.popFirst() {
            guard name.hasPrefix("--"), let value = rest.popFirst() else { throw Complaint("\(name) has no value") }
            values[String(name.dropFirst(2)), default: []].append(value)
        }
    }

    func all(_ name: String) -> [String] { values[name] ?? [] }

    func text(_ name: String) -> String? { values[name]?.last }

    func required(_ name: String) throws -> String {
        guard let value = text(name) else { throw Complaint("--\(name) is missing") }
        return value
    }

    func number(_ name: String, default fallback: Int) throws -> Int {
        guard let text = text(name) else { return fallback }
        guard let value = Int(text), value >= 0 else { throw Complaint("--\(name) is no number: \(text)") }
        return value
    }

    /// The machine, as far as it is not to be believed: another start, and a folder for state of the store's own.
    func surroundings(_ fileSystem: any FileSystem) throws -> Surroundings {
        var surroundings = try Surroundings.current()
        surroundings.fileSystem = fileSystem
        surroundings.machine.stateDirectory = try required("state")
        if let boot = text("boot") { surroundings.machine.bootID = boot }
        return surroundings
    }

    /// Small limits, so that a few commits roll.
    func options() throws -> StoreOptions {
        var options = StoreOptions()
        options.segmentBytes = try number("segment-bytes", default: 12_000)
        options.pieceBytes = 4_096
        options.allocationStepBytes = try number("allocation-bytes", default: 16_384)
        return options
    }
}
