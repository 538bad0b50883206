import Foundation
import Glibc
import LogStore
import StoreIO

// Measures Abscope beside its peers, in one run on one machine: see `make bench`.
//
// Absolute figures say little on a shared machine; the ratios of one run do.

let arguments = CommandLine.arguments
func option(_ name: String, default fallback: String) -> String {
    guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return fallback }
    return arguments[index + 1]
}

let results = option("--results", default: "Benchmarks/results")
let rounds = Int(option("--rounds", default: "5")) ?? 5
let count = Int(option("--entries", default: "1000000")) ?? 1_000_000
let programs = option("--programs", default: ".build/release")
let directory = NSTemporaryDirectory() + "abscope-bench-\(getpid())"
try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)

var surroundings = try Surroundings.current()
surroundings.machine.stateDirectory = directory + "/abscope"
let log = LogMeasures(directory: directory, surroundings: surroundings, rounds: rounds)
let plain = Corpus.plain(count)
let records: (LogStore) throws -> [[UInt8]] = { store in
    let (feed, head) = LogMeasures.recordsFeed(store)
    return try Corpus.records(count, for: feed, after: head)
}

@MainActor
func measure() throws {
    var report = Report()
    let single = min(3000, count)
    // The log does not look into entries, so these may be of another store.
    let elsewhere = try log.freshStore("corpus")
    let made = try records(elsewhere)
    try log.remove(elsewhere)
    try log.appendSingle("records", count: single, { _ in made }, &report)
    try log.appendSingle("200B", count: single, { _ in plain }, &report)
    try log.importAll("records", { _ in made }, &report)
    try log.importAll("200B", { _ in plain }, &report)
    let sync = SyncMeasures(directory: directory, programs: programs, surroundings: surroundings)
    try sync.show(records, rounds: rounds, &report)
    try sync.bootstrap(plain, rounds: rounds, &report)
    try report.write(to: results, name: "first")
}

do {
    try measure()
    try FileManager.default.removeItem(atPath: directory)
} catch {
    FileHandle.standardError.write(Data("abscope-bench: \(error)\n".utf8))
    exit(1)
}
