/// The tables of the read model. A change of them, or of what `attention` and `watch` mean, is a new number: old files are
/// built anew, never migrated.
///
/// They are `STRICT`: a value of another type than its column's is refused by SQLite itself, which makes the file one that
/// is built anew, rather than found by whoever reads it.
enum ViewSchema {
    static let version = 10

    /// Rows of `entry` are named by feed and position alone, which needs no second index: 22 bits and 40 bits.
    static let positionBits: Int64 = 40

    /// | table | row |
    /// |---|---|
    /// | `feed` | a feed, how far it was applied (position, chain digest, when), and when its last entry was made; where
    /// `branch` is not 0, another history of it, carried by the entry of that row |
    /// | `gap` | positions before a feed's applied one that could not be read, and the chain digest before the first |
    /// | `entry` | an entry as it lies in the log; `id` is feed and position |
    /// | `record` | a record, known as soon as anything names it; `case_record` its case, `attention` something to decide |
    /// | `change` | which entries, and which of their changes, make a record |
    /// | `wait` | a record that waits for an entry that has not arrived |
    /// | `person_case` | the cases that name a person |
    /// | `sealed` | records with identifying fields, by key |
    /// | `person_key` | keys that a person's values say they are sealed with |
    /// | `erasure` | records that ask for the erasure of a person |
    /// | `erasure_key` | keys that such a record names |
    /// | `unsettled` | persons of whom keys may have to be destroyed; `mark` grows with each reason for it |
    /// | `erased_key` | keys that were destroyed because of an erasure |
    /// | `search` | folded words of a person: names and identifiers, where their key is here |
    /// | `batch` | the entries of an import |
    /// | `chunk` | where the pieces of attached files lie in lane 3; their bytes stay in the log |
    /// | `unreadable` | entries that are no records |
    /// | `branch` | entries that say where another history of a feed is carried; `done` when there is nothing more to do |
    ///
    /// `record.watch`, of cases: 0 nothing to watch, 1 `today` looks at it, 2 not computed since its last change.
    static let sql = """
        CREATE TABLE feed(
            id INTEGER PRIMARY KEY, site BLOB NOT NULL, epoch BLOB NOT NULL, lane INTEGER NOT NULL,
            branch INTEGER NOT NULL DEFAULT 0, position INTEGER NOT NULL, digest BLOB NOT NULL,
            applied_ms INTEGER NOT NULL, recorded_ms INTEGER NOT NULL, UNIQUE(site, epoch, lane, branch)) STRICT;
        CREATE TABLE gap(
            feed INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, digest BLOB NOT NULL,
            PRIMARY KEY(feed, first)) WITHOUT ROWID, STRICT;
        CREATE TABLE entry(id INTEGER PRIMARY KEY, digest_prefix INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
        CREATE TABLE record(
            id INTEGER PRIMARY KEY, feed INTEGER NOT NULL, position INTEGER NOT NULL, digest_prefix INTEGER NOT NULL,
            number INTEGER NOT NULL, kind INTEGER NOT NULL, case_record INTEGER, attention INTEGER NOT NULL,
            watch INTEGER NOT NULL, UNIQUE(feed, position, number, digest_prefix)) STRICT;
        CREATE INDEX record_case ON record(case_record) WHERE case_record IS NOT NULL;
        CREATE INDEX record_kind ON record(kind);
        CREATE INDEX record_attention ON record(attention) WHERE attention <> 0;
        CREATE INDEX record_watch ON record(watch) WHERE watch <> 0;
        CREATE TABLE change(
            record INTEGER NOT NULL, entry INTEGER NOT NULL, number INTEGER NOT NULL,
            PRIMARY KEY(record, entry, number)) WITHOUT ROWID, STRICT;
        CREATE TABLE wait(
            feed INTEGER NOT NULL, position INTEGER NOT NULL, record INTEGER NOT NULL,
            PRIMARY KEY(feed, position, record)) WITHOUT ROWID, STRICT;
        CREATE TABLE person_case(person INTEGER NOT NULL, case_record INTEGER NOT NULL,
            PRIMARY KEY(person, case_record)) WITHOUT ROWID, STRICT;
        CREATE TABLE sealed(key BLOB NOT NULL, record INTEGER NOT NULL, PRIMARY KEY(key, record)) WITHOUT ROWID, STRICT;
        CREATE TABLE person_key(person INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY(person, key))
            WITHOUT ROWID, STRICT;
        CREATE TABLE erasure(person INTEGER NOT NULL, record INTEGER NOT NULL, PRIMARY KEY(person, record))
            WITHOUT ROWID, STRICT;
        CREATE TABLE erasure_key(key BLOB NOT NULL, person INTEGER NOT NULL, PRIMARY KEY(key, person))
            WITHOUT ROWID, STRICT;
        CREATE TABLE unsettled(person INTEGER PRIMARY KEY, mark INTEGER NOT NULL) STRICT;
        CREATE TABLE erased_key(key BLOB PRIMARY KEY) WITHOUT ROWID, STRICT;
        CREATE TABLE search(person INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
        CREATE TABLE batch(name TEXT NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY(name, entry)) WITHOUT ROWID, STRICT;
        CREATE TABLE chunk(
            attachment BLOB NOT NULL, number INTEGER NOT NULL, feed INTEGER NOT NULL, position INTEGER NOT NULL,
            digest_prefix INTEGER NOT NULL, PRIMARY KEY(attachment, number, feed, position)) WITHOUT ROWID, STRICT;
        CREATE TABLE unreadable(entry INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE branch(entry INTEGER PRIMARY KEY, done INTEGER NOT NULL, tried INTEGER NOT NULL) STRICT;
        """
}
