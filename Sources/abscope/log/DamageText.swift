import LogFormat
import LogStore
import StoreIO

extension Finding {
    /// One finding of `log verify` on one line: which feed, where, and what is wrong.
    func text(in feed: FeedID, _ names: RecordNames) -> String {
        "\(names.feed(feed)): \(text)"
    }

    /// The same for what concerns no single feed.
    var text: String {
        var text = "\(say(term)): \(cause) [\(location.path)"
        if let offset = location.offsetBytes { text += ", " + say(.byteOffset(offset)) }
        if let positions = location.positions {
            text += ", " + say(.positions(from: positions.lowerBound, to: positions.upperBound))
        }
        return text + "]"
    }

    private var term: Term {
        switch weight {
        case .note: .note
        case .accepted: .acceptedLoss
        case .damage: .damaged
        }
    }

    var json: JSON {
        var members: [(String, JSON)] = [
            ("weight", .string(weight.rawValue)), ("cause", .string(cause)), ("file", .string(location.path)),
        ]
        if let offset = location.offsetBytes { members.append(("offset", JSON(offset))) }
        if let positions = location.positions {
            members.append(("positions", .array([JSON(positions.lowerBound), JSON(positions.upperBound)])))
        }
        return .object(members)
    }
}
