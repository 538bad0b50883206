import LogFormat
import SimulatedStorage

/// A block as a peer sends it.
enum BlockFuzz {
    static func run(_ bytes: [UInt8], _ mode: Mode) throws(Violation) {
        var bytes = bytes
        let start = StoreTemplate.start
        if mode.contains(.checksums) { Checksums.block(&bytes, chain: mode.contains(.chain) ? start : nil) }
        let block: Block
        do {
            block = try Block(decoding: bytes)
        } catch {
            return
        }
        let encoded = block.encoded
        try hold(bytes.starts(with: encoded), "a block is encoded otherwise than it was read")
        var inflater = Inflater()
        var entries: [[UInt8]] = []
        var raw = 0
        do {
            try block.forEachEntry(using: &inflater) { _, entry in
                entries.append(unsafe entry.withUnsafeBytes { unsafe Array($0) })
                raw += 4 + entry.byteCount
                return true
            }
        } catch {
            return
        }
        try hold(raw == Int(block.header.rawLengthBytes), "a block gives \(raw) raw bytes and says another number")
        try hold(entries.count == Int(block.header.count), "a block gives other entries than it counts")
        let end: FeedHead
        do {
            end = try block.verified(after: start, using: &inflater)
        } catch {
            return
        }
        var chain = FeedChain(continuing: start)
        for entry in entries { chain.append(entry) }
        try hold(
            chain.head == end && end == block.header.head,
            "a block is proven with another chain than its entries'"
        )
        do {
            for position in block.header.firstPosition...block.header.lastPosition {
                guard let rest = try block.dropping(through: position, using: &inflater) else { continue }
                try hold(rest.header.firstPosition == position + 1, "a cut block begins elsewhere")
            }
            var deflater = Deflater()
            let again = try block.deflated(using: &deflater).verified(after: start, using: &inflater)
            try hold(again == end, "a block says something else when it is compressed")
        } catch let error as FormatError {
            throw Violation("a block that is proven can not be cut or compressed: \(error)")
        } catch let error as Violation {
            throw error
        } catch {
            throw Violation("\(error)")
        }
    }
}

extension StoreTemplate {
    /// Where the own feed of the template begins.
    static var start: FeedHead {
        guard let key = shared.keys[shared.own.site] else { preconditionFailure("the template has its own key") }
        return FeedChain.start(key: key, epoch: shared.own.epoch, lane: shared.own.lane)
    }
}
