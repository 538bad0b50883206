package import LogFormat

/// Where everything of a store lies.
package struct StorePaths: Sendable {
    /// Absolute, without a slash at the end.
    package let root: String

    package init(root: String) { self.root = root }

    /// Version and feature sets; never changed but by an upgrade.
    package var format: String { "\(root)/FORMAT" }
    /// Which site this is and its epoch; replaced by rename.
    package var site: String { "\(root)/SITE" }
    /// The founding entry of the registry this site belongs to, and where to dial first.
    package var registry: String { "\(root)/REGISTRY" }
    /// The site's private keys, for its owner only.
    package var key: String { "\(root)/site.key" }
    /// The public half of the key that backups are sealed to.
    package var backupKey: String { "\(root)/BACKUP.key" }
    /// Held shared while a process has the store open, exclusively by an upgrade or a restore.
    package var lock: String { "\(root)/LOCK" }
    /// Held while appending.
    package var appendLock: String { "\(root)/LOCK.append" }
    /// Held while waiting for ``appendLock``, so that a busy writer can not take it again before those who wait.
    package var turnstile: String { "\(root)/LOCK.turnstile" }
    /// Held while sealing; never waited for.
    package var sealLock: String { "\(root)/LOCK.seal" }
    /// The published heads.
    package var heads: String { "\(root)/HEADS" }
    package var feeds: String { "\(root)/feeds" }
    /// The read model; derived.
    package var view: String { "\(root)/view" }
    package var temporary: String { "\(root)/tmp" }
    /// What was set aside: never shortened or removed by the program.
    package var quarantine: String { "\(root)/quarantine" }
    /// One file for each incident that people have to know of.
    package var incidents: String { "\(root)/incidents" }

    /// What the last verification found; nothing rests on it.
    package var verification: String { "\(root)/verification.state" }

    /// The folder of a feed, or of one of its branches.
    ///
    /// - Parameters:
    ///   - feed: The feed.
    ///   - branch: 0 for the feed itself.
    /// - Returns: An absolute path.
    package func feed(_ feed: FeedID, branch: UInt32 = 0) -> String {
        branch == 0 ? "\(feeds)/\(feed)" : "\(feeds)/\(feed)~\(branch)"
    }
}
