/// A JSON object of a file somebody wrote, with the place it stands at for errors.
struct JSONObject {
    let value: JSONValue
    let place: String
    /// The page that says what such a file holds.
    let page: String

    init(_ value: JSONValue, at place: String, describedIn page: String) {
        self.value = value
        self.place = place
        self.page = page
    }

    /// - Throws: `.illFormedFile` for what is no object, and for a member of another name.
    func allow(_ names: Set<String>) throws(RecordError) {
        guard let members = value.members else { throw RecordError(.illFormedFile, "\(place) is no object.") }
        for member in members where !names.contains(member.name) {
            throw refused(member.name, "is not known to this version")
        }
    }

    func text(_ name: String) throws(RecordError) -> String {
        guard let text = value[name]?.string else { throw refused(name, "is missing or no text") }
        return text
    }

    func optionalText(_ name: String) throws(RecordError) -> String? {
        value[name] == nil ? nil : try text(name)
    }

    func texts(_ name: String, orEmpty: Bool = false) throws(RecordError) -> [String] {
        var texts: [String] = []
        for item in try array(name, orEmpty: orEmpty) {
            guard let text = item.string else { throw refused(name, "holds something that is no text") }
            texts.append(text)
        }
        return texts
    }

    func array(_ name: String, orEmpty: Bool = false) throws(RecordError) -> [JSONValue] {
        if orEmpty, value[name] == nil { return [] }
        guard let array = value[name]?.array else { throw refused(name, "is missing or no list") }
        return array
    }

    func object(_ name: String, orEmpty: Bool = false) throws(RecordError) -> [JSONValue.Member] {
        if orEmpty, value[name] == nil { return [] }
        guard let members = value[name]?.members else { throw refused(name, "is missing or no object") }
        return members
    }

    func refused(_ name: String, _ what: String) -> RecordError {
        RecordError(.illFormedFile, "\"\(name)\" \(what).", remedy: "\(page) says what it holds.", at: place)
    }
}
