/// Why a command ends without doing what was asked: one sentence, what to do, and the exit status.
struct Failure: Error, Sendable {
    var status: ExitStatus
    /// What is wrong, in words of the catalogue or of the module that found it.
    var sentence: String
    /// What to do about it; empty where the sentence says it.
    var remedy: String
    /// Where: a field, or a line and column of a file.
    var place: String?
    /// How the command is used, on a line of its own; empty where that would not help.
    var usage = ""

    init(_ status: ExitStatus, _ sentence: String, remedy: String = "", at place: String? = nil) {
        self.status = status
        self.sentence = sentence
        self.remedy = remedy
        self.place = place
    }

    init(_ status: ExitStatus, _ message: Message, remedy: Message? = nil, at place: String? = nil) {
        self.init(status, say(message), remedy: remedy.map { say($0) } ?? "", at: place)
    }

    /// The line for people, without the program's name. Control characters of quoted input are visible, not obeyed.
    var text: String {
        var text = place.map { "\($0): " } ?? ""
        text += sentence
        if !remedy.isEmpty { text += " " + remedy }
        return text.safeForTerminal + (usage.isEmpty ? "" : "\n" + usage.safeForTerminal)
    }

    /// The object that `--json` prints on standard error.
    var json: JSON {
        var members: [(String, JSON)] = [
            ("status", .integer(Int64(status.rawValue))), ("kind", .string(status.name)),
            ("message", .string(sentence)),
        ]
        if !remedy.isEmpty { members.append(("remedy", .string(remedy))) }
        if !usage.isEmpty { members.append(("usage", .string(usage))) }
        if let place { members.append(("place", .string(place))) }
        return .object([("error", .object(members))])
    }
}
