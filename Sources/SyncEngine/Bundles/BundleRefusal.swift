package import LogFormat

/// Why a bundle is not made, or not taken. Nothing was changed.
package enum BundleRefusal: Error, Hashable, Sendable {
    /// There is no file of that name.
    case noFile(path: String)
    case notAFile(path: String)
    /// Sealed to these sites, of which this is none.
    case forOthers([SiteID])
    case otherRegistry
    /// Not in the roster as it is here.
    case senderUnknown(SiteID)
    /// Revoked, as the roster here says or the one that came with the bundle. What came before that stays.
    case senderRevoked(SiteID)
    /// Not even the beginning fits.
    case tooSmall(neededBytes: UInt64)
}
