import CLinux

/// How the C library gives out the memory of a process.
package enum ProcessHeap {
    /// Makes the longest buffer of a connection a mapping of its own: of that only the pages that were written to take
    /// memory, and all of it goes back when the connection ends. docs/performance.md says what a hub has of it.
    ///
    /// To be called before the process has another thread.
    ///
    /// - Returns: False where the C library takes no such wish: everything works, and takes more memory.
    @discardableResult
    package static func suitConnections() -> Bool {
        let isTaken = mallopt(MMAP_THRESHOLD_PARAMETER, mappedBytes) == 1
        return mallopt(ARENAS_MAXIMUM_PARAMETER, heaps) == 1 && isTaken
    }

    /// As long as the buffer into which NIOSSL 2.37.6 decrypts, one for each connection. Less, so that the one for what it
    /// has encrypted is a mapping too, makes a bootstrap a quarter slower: many things are so long for a moment.
    private static let mappedBytes: Int32 = 32 * 1024
    /// Each heap keeps free room of its own.
    private static let heaps: Int32 = 2
}
