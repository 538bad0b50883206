extension Session {
    /// Lets a person confirm what can not be taken back by typing what stands on the screen: a number, or a name.
    ///
    /// - Parameters:
    ///   - expected: What has to be typed; large and small letters are the same.
    ///   - given: What `--yes` said; a terminal is asked without it.
    ///   - explanation: Said before the question.
    ///   - question: Asks for it.
    ///   - missing: Why nothing is done in a pipe without `--yes`.
    ///   - differing: Why nothing is done when something else was typed.
    /// - Throws: 64 with `missing` or `differing`; 66 when the input ends instead.
    func confirm(
        expected: String,
        given: String?,
        explaining explanation: Message,
        asking question: Question,
        missing: Message,
        differing: Message
    ) throws {
        var typed = given?.trimmed
        if typed == nil, input.isInteractive {
            // What is asked about has to be on the screen before the question.
            try console.flush()
            console.note(explanation)
            typed = try input.ask(question) ?? ""
        }
        guard let typed else { throw Failure(.usage, missing) }
        guard typed.lowercased() == expected.lowercased() else { throw Failure(.usage, differing) }
    }
}
