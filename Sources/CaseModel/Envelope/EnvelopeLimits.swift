/// What an envelope may hold; an entry beyond it is filed as unreadable, never followed.
package enum EnvelopeLimits {
    /// Entries a change may name as its parents.
    package static let parents = 16
    /// Changes of one entry.
    package static let changes = 1_024
    /// Fields of one change: set, cleared, linked and sealed together.
    package static let fields = 256
}
