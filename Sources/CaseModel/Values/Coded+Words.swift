package import Schema

extension Coded {
    /// Words without a code, which is legal.
    package init(words: String) {
        self.init()
        text = words
    }

    package init(system: String, code: String, display: String) {
        self.init()
        self.system = system
        self.code = code
        self.display = display
    }

    /// What people read: the text as typed, else the display, else the code.
    package var words: String {
        if hasText, !text.isEmpty { return text }
        return hasDisplay && !display.isEmpty ? display : code
    }

    /// True for the code of this system.
    package func isCode(_ code: String, of system: String) -> Bool {
        self.system == system && self.code == code
    }
}

extension Text {
    /// Text as typed, byte for byte.
    package init(_ value: String, language: String? = nil) {
        self.init()
        self.value = value
        if let language { self.language = language }
    }
}
