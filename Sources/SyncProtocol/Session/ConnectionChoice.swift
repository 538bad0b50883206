package import LogFormat

/// Which of two connections between the same two stores stays.
package enum ConnectionChoice {
    /// Whether a connection that was just introduced stays beside an earlier one of the same pair of (site, epoch).
    ///
    /// Nobody dials a site he is connected with. So who dials although there is a connection has lost that one without the
    /// other end's knowing, or dialled before it came about. What comes after ``Limits/crossedDialSeconds`` cannot be the
    /// latter, and stays, as does what comes after another one of the same dialler. Else the two sites dialled each other
    /// at once, and both ends come to the same answer without a word: what the site with the smaller id dialled stays.
    ///
    /// - Parameters:
    ///   - dialler: The site that dialled the connection asked about.
    ///   - otherDialler: The site that dialled the earlier one.
    ///   - olderNanoseconds: How much earlier the peer proved its key here on that one; 0 when it was later.
    /// - Returns: True when the connection asked about stays and the earlier one is closed with
    ///   ``CloseReason/duplicate``; else it is the other way round.
    package static func stays(dialler: SiteID, otherDialler: SiteID, olderNanoseconds: UInt64) -> Bool {
        if SeededBug.laterConnectionGoes.isPlanted { return false }
        if dialler == otherDialler || olderNanoseconds > UInt64(Limits.crossedDialSeconds) * 1_000_000_000 {
            return true
        }
        return dialler < otherDialler
    }
}
