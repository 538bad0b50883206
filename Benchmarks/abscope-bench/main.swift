import Foundation
let dir = "/tmp/benchx"
try FileManager.default.createDirectory(atPath: dir, withIntermediateDirectories: true)
let entries = (0..<1_000_000).map { i in [UInt8](repeating: UInt8(i & 255), count: 200) }
print(RawDisk.appendSingle(entries[..<3000], in: dir))
print(SQLitePeer(in: dir).appendSingle(entries[..<3000]))
print(SQLitePeer(in: dir).importAll(entries))
let js = try JetStreamPeer(entries: entries, in: dir)
print(try js.mirror())
print(try js.mirror())
