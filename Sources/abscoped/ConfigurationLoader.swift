import Configuration
import Logging
import StoreIO
import SyncProtocol
import SyncService
import SystemPackage

/// Puts the configuration together: the command line beats the environment, which beats the file.
struct ConfigurationLoader {
    /// What the command line says; nil and empty where it says nothing.
    struct CommandLine {
        var store: String?
        var listen: [String] = []
        var peers: [String] = []
        var rate: Int?
        var metrics: String?
        var logLevel: String?
        var logFormat: String?
    }

    /// The settings with their flags.
    static let flags: KeyValuePairs = [
        "store": "--store", "listen": "--listen", "peers": "--peer", "rate": "--rate", "metrics": "--metrics",
        "log.level": "--log-level", "log.format": "--log-format", "seal-after-minutes": nil as String?,
        "metrics-file": nil,
        "windows": nil, "budget.day": nil, "budget.month": nil, "cost.megabyte": nil, "cost.currency": nil,
    ]
    static let keys = flags.map(\.key)
    /// Largest file that is read.
    static let fileBytesMaximum = 64 * 1024

    private let reader: ConfigReader
    /// Where the value of each setting that has one comes from, as people would name the place.
    private let origins: [String: String]

    /// - Parameters:
    ///   - commandLine: What it says.
    ///   - environment: All variables; those that begin with `ABSCOPED_` are settings, and `ABSCOPE_STORE` is `store`.
    ///   - path: The YAML file; nil for none.
    /// - Throws: ``DaemonFailure`` when the file can not be read or is not YAML, and for a setting that does not exist.
    init(_ commandLine: CommandLine, environment: [String: String], file path: String?) async throws {
        var origins: [String: String] = [:]
        var providers: [any ConfigProvider] = []
        if let path {
            origins = try Self.settings(of: path)
            if !origins.isEmpty {
                do {
                    providers = [try await FileProvider<YAMLSnapshot>(filePath: FilePath(path))]
                } catch {
                    throw DaemonFailure(.configuration, "\(path) is not YAML as this program reads it.")
                }
            }
        }
        var variables: [String: String] = [:]
        if let store = environment["ABSCOPE_STORE"], !store.isEmpty {
            variables["ABSCOPED_STORE"] = store
            origins["store"] = "ABSCOPE_STORE"
        }
        let names = Dictionary(uniqueKeysWithValues: Self.keys.dropFirst().map { (Self.variable($0), $0) })
        for (name, value) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("ABSCOPED_") && name != "ABSCOPED_CONFIG" {
            guard let key = names[name] else {
                throw Self.unknown(
                    "the environment",
                    name,
                    among: names.keys.sorted() + ["ABSCOPED_CONFIG", "ABSCOPE_STORE"]
                )
            }
            guard !value.isEmpty else { continue }
            variables[name] = value
            origins[key] = name
        }
        providers.insert(
            EnvironmentVariablesProvider(environmentVariables: variables).prefixKeys(with: "abscoped"),
            at: 0
        )
        let said = Self.values(commandLine)
        for (key, flag) in Self.flags where said[AbsoluteConfigKey(ConfigKey(key))] != nil { origins[key] = flag }
        providers.insert(InMemoryProvider(values: said), at: 0)
        reader = ConfigReader(providers: providers)
        self.origins = origins
    }

    /// - Returns: The configuration, and the folder of the store where one is named.
    /// - Throws: ``DaemonFailure`` naming the first setting that is wrong, where it is, and what it may be.
    func load() throws -> (configuration: DaemonConfiguration, store: String?) {
        var configuration = DaemonConfiguration()
        let store = try read("store", "the path of a folder", { try reader.requiredString(forKey: $0) })
        let listen = try read("listen", "a list of host:port", { try reader.requiredStringArray(forKey: $0) }) ?? []
        configuration.listen = try listen.map { try address($0, "listen", allowsAnyPort: true) }
        let peers = try read("peers", "a list of host:port", { try reader.requiredStringArray(forKey: $0) }) ?? []
        configuration.peers = try peers.map { try address($0, "peers", allowsAnyPort: false) }
        configuration.rateBytesPerSecond = try number("rate", DaemonConfiguration.rateRange, "bytes a second")
        configuration.sealAfterMinutes =
            try number("seal-after-minutes", DaemonConfiguration.sealAfterRange, "minutes")
            ?? configuration.sealAfterMinutes
        configuration.link = try link()
        if let metrics = try read("metrics", "host:port", { try reader.requiredString(forKey: $0) }) {
            let address = try address(metrics, "metrics", allowsAnyPort: false)
            guard address.isLoopback else {
                throw mistake("metrics", "is shown on loopback only (127.0.0.1 or [::1]), not on \(address.host)")
            }
            configuration.metrics = address
        }
        if let path = try read("metrics-file", "a path", { try reader.requiredString(forKey: $0) }) {
            guard path.hasPrefix("/"), !path.hasSuffix("/") else {
                throw mistake("metrics-file", "is the absolute path of a file, not '\(path)'")
            }
            configuration.metricsFile = path
        }
        let levels = Logger.Level.allCases.map(\.rawValue)
        configuration.logLevel = try choice("log.level", levels, Logger.Level.init(rawValue:)) ?? configuration.logLevel
        let formats = DaemonConfiguration.LogFormat.allCases.map(\.rawValue)
        configuration.logFormat =
            try choice("log.format", formats, DaemonConfiguration.LogFormat.init(rawValue:)) ?? configuration.logFormat
        return (configuration, store)
    }

    private func link() throws -> LinkRules {
        var rules = LinkRules()
        let texts = try read("windows", "a list of windows", { try reader.requiredStringArray(forKey: $0) }) ?? []
        for text in texts where LinkWindows([text]) == nil {
            let example = "such as 'mon-fri 22:00-05:00' or 'daily 01:00-03:00'"
            throw mistake("windows", "holds days and times, \(example), not '\(text)'")
        }
        if !texts.isEmpty {
            guard let windows = LinkWindows(texts) else {
                throw mistake("windows", "holds at most \(LinkWindows.countMaximum) windows")
            }
            rules.windows = windows
        }
        rules.budget.dayBytes = try byteCount("budget.day")
        rules.budget.monthBytes = try byteCount("budget.month")
        rules.costPerMegabyte = try read("cost.megabyte", "a number", { try reader.requiredDouble(forKey: $0) })
        if let cost = rules.costPerMegabyte, !cost.isFinite || cost < 0 {
            throw mistake("cost.megabyte", "is a number that is not negative")
        }
        rules.currency = try read("cost.currency", "a word", { try reader.requiredString(forKey: $0) }) ?? ""
        guard rules.currency.count <= LinkRules.currencyLengthMaximum else {
            throw mistake("cost.currency", "has at most \(LinkRules.currencyLengthMaximum) letters, such as EUR")
        }
        return rules
    }

    // MARK: - Single settings

    private func byteCount(_ key: String) throws -> UInt64? {
        try read(key, "a size", { try reader.requiredString(forKey: $0) }).map { text in
            guard let bytes = ByteCount.bytes(typed: text) else {
                throw mistake(key, "is a size such as 500k, 20M or a number of bytes, not '\(text)'")
            }
            return bytes
        }
    }

    private func read<Value>(_ key: String, _ meaning: String, _ value: (ConfigKey) throws -> Value) throws -> Value? {
        guard origins[key] != nil else { return nil }
        do { return try value(ConfigKey(key)) } catch { throw mistake(key, "is not \(meaning)") }
    }

    private func number(_ key: String, _ range: ClosedRange<Int>, _ unit: String) throws -> Int? {
        let value = try read(key, "a whole number of \(unit)", { try reader.requiredInt(forKey: $0) })
        if let value, !range.contains(value) {
            throw mistake(key, "is \(range.lowerBound) to \(range.upperBound) \(unit), not \(value)")
        }
        return value
    }

    private func choice<Value>(_ key: String, _ words: [String], _ make: (String) -> Value?) throws -> Value? {
        let list = words.joined(separator: ", ")
        guard let word = try read(key, "one of \(list)", { try reader.requiredString(forKey: $0) }) else { return nil }
        guard let value = make(word) else { throw mistake(key, "is one of \(list), not '\(word)'") }
        return value
    }

    private func address(_ text: String, _ key: String, allowsAnyPort: Bool) throws -> PeerAddress {
        guard let address = PeerAddress(text, allowsAnyPort: allowsAnyPort) else {
            throw mistake(key, "holds host:port, such as hub.example.org:7117 or [::1]:7117, not '\(text)'")
        }
        return address
    }

    private func mistake(_ key: String, _ what: String) -> DaemonFailure {
        let origin = origins[key] ?? key
        return DaemonFailure(origin.hasPrefix("--") ? .usage : .configuration, "'\(key)' (\(origin)) \(what).")
    }

    // MARK: - Where settings come from

    static func variable(_ key: String) -> String {
        "ABSCOPED_" + String(key.uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 })
    }

    private static func unknown(_ place: String, _ name: String, among known: [String]) -> DaemonFailure {
        let within = known.filter { $0.hasPrefix(name + ".") }
        let nearest = known.min { Spelling.distance($0, name) < Spelling.distance($1, name) }
        let hint = nearest.flatMap {
            Spelling.distance($0, name) <= max(2, $0.count / 3) ? " Did you mean '\($0)'?" : nil
        }
        let parts = within.isEmpty ? nil : " There are \(within.map { "'\($0)'" }.joined(separator: ", "))."
        return DaemonFailure(
            .configuration,
            "\(place) has no setting '\(name)'." + (parts ?? hint ?? " Settings are \(known.joined(separator: ", ")).")
        )
    }

    private static func settings(of path: String) throws -> [String: String] {
        let bytes: [UInt8]
        do throws(StorageError) {
            bytes = try LinuxFileSystem().readFile(path, limitBytes: fileBytesMaximum)
        } catch {
            let status: DaemonFailure.Status = error.code == .permissionDenied ? .noPermission : .noInput
            throw DaemonFailure(status, "The configuration \(path) can not be read: \(error.message)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DaemonFailure(.configuration, "\(path) is not UTF-8 text.")
        }
        var origins: [String: String] = [:]
        for setting in try YAMLKeys.find(in: text, of: path) {
            guard keys.contains(setting.key) else {
                throw unknown("\(path), line \(setting.line),", setting.key, among: keys)
            }
            origins[setting.key] = "\(path), line \(setting.line)"
        }
        return origins
    }

    private static func values(_ said: CommandLine) -> [AbsoluteConfigKey: ConfigValue] {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        func set(_ key: String, _ content: ConfigContent?) {
            values[AbsoluteConfigKey(ConfigKey(key))] = content.map { ConfigValue($0, isSecret: false) }
        }
        set("store", said.store.map { .string($0) })
        set("listen", said.listen.isEmpty ? nil : .stringArray(said.listen))
        set("peers", said.peers.isEmpty ? nil : .stringArray(said.peers))
        set("rate", said.rate.map { .int($0) })
        set("metrics", said.metrics.map { .string($0) })
        set("log.level", said.logLevel.map { .string($0) })
        set("log.format", said.logFormat.map { .string($0) })
        return values
    }
}

/// How far two spellings are apart.
enum Spelling {
    /// Letters to insert, leave out or replace.
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.lowercased())
        var row = Array(0...right.count)
        for (index, letter) in left.lowercased().enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (letter == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
