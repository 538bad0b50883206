import StoreIO
import Testing

@testable import abscope

@Suite("Exit statuses")
struct ExitStatusTests {
    @Test("the table in docs/commands.md is the enumeration")
    func documented() throws {
        let path = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" } + "/docs/commands.md"
        let rows = String(decoding: try read(path), as: UTF8.self).split(separator: "\n").compactMap {
            line -> String? in
            let cells = line.split(separator: "|").map(\.trimmed)
            guard cells.count == 3, let number = Int32(cells[0]) else { return nil }
            return "\(number) \(cells[1])"
        }
        #expect(rows == ExitStatus.allCases.map { "\($0.rawValue) `\($0.name)`" })
    }
    @Test("too many open files are no mistake of Abscope: trying again helps")
    func exhausted() {
        #expect(ExitStatus(StorageError.Code.exhausted) == .temporary)
    }
}
