import Foundation
import LogFormat
import TestSupport
import Testing

@Suite("Preset dictionary")
struct PresetDictionaryTests {
    @Test("Dictionary 1 is the published one, no longer than deflate's window, and 2 is not known")
    func published() throws {
        let digits = String(decoding: try contractFile("dictionary-1.hex"), as: UTF8.self).filter { $0 != "\n" }
        let known = try #require(PresetDictionary(id: 1))
        #expect(known.bytes == [UInt8](hexadecimal: digits))
        #expect(known.bytes.count == 8192)
        #expect(PresetDictionary(id: 0)?.bytes == [])
        #expect(PresetDictionary(id: 2) == nil)
    }

    @Test("A block made with it is shorter, says so, and gives its entries back")
    func roundTrip() throws {
        let start = try Fixture.start()
        // Pieces of the dictionary stand in for what records have in common.
        let entries = (0..<20).map { Array(PresetDictionary.records.bytes[$0 * 300..<$0 * 300 + 120]) }
        let plain = try #require(try Block.plain(entries, after: start).blocks.first)
        var with = Deflater()
        var without = Deflater(dictionary: .none)
        let small = plain.deflated(using: &with)
        let large = plain.deflated(using: &without)
        #expect(small.header.method == .deflate(dictionary: 1))
        #expect(large.header.method == .deflate(dictionary: 0))
        #expect(small.stored.count * 4 < large.stored.count)
        var inflater = Inflater()
        for block in [small, large, small] {
            let decoded = try Block(decoding: block.encoded)
            var found: [[UInt8]] = []
            let head = try decoded.forEachEntry(after: start, using: &inflater) { _, _, entry in
                found.append(unsafe entry.withUnsafeBytes { unsafe [UInt8]($0) })
                return true
            }
            #expect(found == entries)
            #expect(head == plain.header.head)
        }
    }

    @Test("The stream of a block whose dictionary is another than it says is refused")
    func confused() throws {
        let start = try Fixture.start()
        let entries = [
            Array(PresetDictionary.records.bytes[100..<900]), Array(PresetDictionary.records.bytes[5000..<6000]),
        ]
        var deflater = Deflater()
        let block = try #require(try Block.plain(entries, after: start).blocks.first).deflated(using: &deflater)
        var header = block.header
        header.method = .deflate(dictionary: 0)
        var bytes: [UInt8] = []
        header.encode(into: &bytes)
        let forged = try Block(decoding: bytes + block.stored)
        var inflater = Inflater()
        #expect(throws: FormatError.deflateBroken) { _ = try forged.verified(after: start, using: &inflater) }
    }
}
