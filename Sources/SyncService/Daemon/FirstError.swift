/// The first error of several steps that are all taken.
struct FirstError {
    private(set) var error: (any Error)?

    mutating func keep(_ error: any Error) {
        if self.error == nil { self.error = error }
    }

    /// Takes a step, and keeps what it met if nothing was met before.
    mutating func of(_ step: @Sendable () async throws -> Void) async {
        do { try await step() } catch { keep(error) }
    }
}
