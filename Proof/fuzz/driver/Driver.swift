import FuzzTargets
import Glibc

// Called by libFuzzer, whose main is the program's. `--target=NAME` chooses what is fuzzed; options with two dashes are not
// libFuzzer's. `--seeds=FOLDER` writes the inputs to begin with and ends.

private let target: FuzzTarget = {
    guard let name = option("target"), let target = FuzzTarget(rawValue: name) else {
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
        stop("choose what is fuzzed with --target=NAME: \(names)")
    }
    return target
}()

private func option(_ name: String) -> String? {
    CommandLine.arguments.first { $0.hasPrefix("--\(name)=") }.map { String($0.dropFirst(name.utf8.count + 3)) }
}

private func say(_ message: String) {
    let line = Array("abscope-fuzz: \(message)\n".utf8)
    _ = unsafe write(STDERR_FILENO, line, line.count)
}

private func stop(_ message: String) -> Never {
    say(message)
    exit(2)
}

/// Called once before anything else.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>?,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    guard let folder = option("seeds") else { return 0 }
    do {
        for (number, seed) in try target.seeds().enumerated() {
            guard let file = unsafe fopen("\(folder)/seed-\(number)", "wb") else {
                stop("\(folder) can not be written")
            }
            let written = unsafe fwrite(seed, 1, seed.count, file)
            guard unsafe fclose(file) == 0, written == seed.count else { stop("\(folder) can not be written") }
        }
    } catch {
        stop("no seeds: \(error)")
    }
    exit(0)
}

/// Called with every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do throws(Violation) {
        try target.run(unsafe Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        say(error.description)
        abort()
    }
    return 0
}
