import SyncProtocol

/// What a peer sends, cut into pieces of any size.
enum FrameFuzz {
    static func run(_ bytes: [UInt8], _ mode: Mode) throws(Violation) {
        let whole = read(bytes, pieceBytes: max(1, bytes.count))
        let pieces = read(bytes, pieceBytes: 1 + Int(mode.rawValue))
        try hold(whole.frames == pieces.frames, "a stream gives other frames when it comes in pieces")
        try hold(whole.isBroken == pieces.isBroken, "a stream breaks or not by how it comes")
        for frame in whole.frames {
            let message: SyncMessage
            do {
                message = try SyncMessage(frame)
            } catch {
                continue
            }
            do {
                try hold(try SyncMessage(message.frame) == message, "a message changes when it is sent on")
            } catch let error as Violation {
                throw error
            } catch {
                throw Violation("a message that was read is refused when it is sent on: \(error)")
            }
        }
    }

    private static func read(_ bytes: [UInt8], pieceBytes: Int) -> (frames: [Frame], isBroken: Bool) {
        var decoder = FrameDecoder()
        var frames: [Frame] = []
        var at = 0
        do {
            while at < bytes.count {
                decoder.append(Array(bytes[at..<min(at + pieceBytes, bytes.count)]))
                at += pieceBytes
                while let frame = try decoder.next() { frames.append(frame) }
            }
            return (frames, false)
        } catch {
            return (frames, true)
        }
    }
}
