import LogFormat
import LogStore
import StoreIO

extension Finding {
    /// One finding of `log verify` on one line: which feed, where, and what is wrong.
    func text(in feed: FeedID, _ names: RecordNames) -> String {
        var text = "\(names.site(feed.site)) \(feed.lane.name): \(cause) [\(location.path)"
        if let offset = location.offsetBytes { text += ", " + say(.byteOffset(offset)) }
        if let positions = location.positions {
            text += ", " + say(.positions(from: positions.lowerBound, to: positions.upperBound))
        }
        return text + "]"
    }
}
