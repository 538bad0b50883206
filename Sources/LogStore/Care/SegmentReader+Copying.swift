import LogFormat
import StoreIO

extension SegmentReader {
    /// Blocks of a copy, as far as they are good.
    ///
    /// - Parameters:
    ///   - head: Where they begin.
    ///   - last: Where this segment ends.
    ///   - limitBytes: About how much to give, encoded.
    /// - Returns: Blocks in order, cut to what was asked for.
    /// - Throws: `.corrupted` when not even the first can be read; `.inputOutput`.
    func blocks(
        after head: FeedHead,
        through last: UInt64,
        limitBytes: Int
    ) throws(StorageError) -> [Block] {
        let end = try sizeBytes()
        guard let first = try self.row(holding: head.position + 1, endOffsetBytes: end) else { return [] }
        var (number, row) = first
        var result: [Block] = []
        var length = 0
        var inflater = Inflater()
        while true {
            var block: Block
            do throws(StorageError) {
                block = try self.block(at: row)
                if block.header.firstPosition <= head.position || block.header.lastPosition > last {
                    let cut = try FeedDirectory.decoding(path, at: row.offsetBytes) { () throws(FormatError) in
                        try block.slice(head.position + 1...last, after: row.previous, using: &inflater).block
                    }
                    guard let cut else { return result }
                    block = cut
                }
            } catch {
                // What was good before is of use all the same.
                guard error.code == .corrupted, !result.isEmpty else { throw error }
                return result
            }
            result.append(block)
            length += block.header.encodedLengthBytes
            guard length < limitBytes, block.header.lastPosition < last else { return result }
            number += 1
            do throws(StorageError) {
                guard let following = try self.row(number: number, endOffsetBytes: end) else { return result }
                row = following
            } catch {
                // Behind the last block of a raw file lie zeros, or what was being written when it was copied.
                guard error.code == .corrupted else { throw error }
                return result
            }
        }
    }
}
