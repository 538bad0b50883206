package import LogFormat

/// Which of two connections between the same two stores stays.
package enum ConnectionChoice {
    /// Whether a connection stays beside another one of the same pair of (site, epoch).
    ///
    /// Both ends come to the same answer without a word: the connection dialled by the site with the smaller id stays.
    /// Of two dialled by the same site the later one stays, for the earlier is probably dead without knowing.
    ///
    /// - Parameters:
    ///   - dialler: The site that dialled the connection asked about.
    ///   - isLater: Whether it was made after the other one.
    ///   - otherDialler: The site that dialled the other connection.
    /// - Returns: True when the connection asked about stays and the other one is closed with ``CloseReason/duplicate``.
    package static func stays(dialler: SiteID, isLater: Bool, otherDialler: SiteID) -> Bool {
        if SeededBug.laterConnectionGoes.isPlanted { return !isLater }
        return dialler == otherDialler ? isLater : dialler < otherDialler
    }
}
