import Foundation
import SyncProtocol
import Testing

@Suite("Published words")
struct FingerprintWordListTests {
    @Test("The published list of words is the one of the program, in its order")
    func agrees() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Protocol/fingerprint-words.txt")
        let published = String(decoding: try Data(contentsOf: path), as: UTF8.self).split(separator: "\n").map(
            String.init
        )
        #expect(published == FingerprintWords.all)
    }
}
