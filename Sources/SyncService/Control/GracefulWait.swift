import ServiceLifecycle

/// Returns when the service group shuts down or the task is cancelled.
func gracefulShutdownOrCancellation() async throws {
    do {
        try await gracefulShutdown()
    } catch is CancellationError {
        // Cancelled is the same news as shutting down: the caller closes what it opened and returns.
    }
}
