//! The tables, their versions, and how a database file is opened.
//!
//! Measured with bodies of 400 and 900 bytes, in groups of 16 and 128 (writes per second, bytes written per
//! record, time to read a run of 25 records):
//!
//! | records are keyed by | writes/s | written | read of a run |
//! |---|---|---|---|
//! | integer run, table in key order (`WITHOUT ROWID`) | 15,000 to 42,000 | 12 to 25 KB | 24 to 35 µs |
//! | integer run, table in order of arrival, unique index | 40,000 to 119,000 | 2 to 6 KB | 61 to 68 µs |
//! | random run id, table in key order | 14,000 to 18,000 | 20 to 29 KB | 28 to 34 µs |
//!
//! A table in order of arrival wins because what many runs write at once lies side by side: the index alone is
//! dirtied in many places, and its entries are small. Pages of 8 KB were slower and wrote more.

use super::Error;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::Path;
use std::time::Duration;

/// The version of the tables below. A database with a later one is refused.
pub(super) const VERSION: i64 = 4;

/// Length of the key that signs task tokens, in bytes.
pub(super) const TOKEN_KEY_BYTES: usize = 32;

/// Statements that a connection keeps prepared; more than there are.
const STATEMENTS: usize = 64;

/// Tables that came with version 4.
const VERSIONS: &str = "
CREATE TABLE versions (
    machine     INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    revision    TEXT NOT NULL,
    description TEXT,
    created     INTEGER NOT NULL,
    PRIMARY KEY (machine, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE aliases (
    machine     INTEGER NOT NULL,
    name        TEXT NOT NULL,
    description TEXT,
    routes      TEXT NOT NULL,
    created     INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    PRIMARY KEY (machine, name)
) STRICT, WITHOUT ROWID;
";

const TABLES: &str = "
CREATE TABLE deployment (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Every machine that was ever named here: an integer in place of its ARN. Outlives the machine.
CREATE TABLE machine_arns (
    id  INTEGER PRIMARY KEY,
    arn TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE machines (
    machine  INTEGER PRIMARY KEY,
    created  INTEGER NOT NULL,
    status   INTEGER NOT NULL,
    updated  INTEGER NOT NULL,
    tags     TEXT NOT NULL,
    revision TEXT NOT NULL,
    published TEXT
) STRICT;

CREATE TABLE revisions (
    machine    INTEGER NOT NULL,
    id         TEXT NOT NULL,
    definition TEXT NOT NULL,
    role_arn   TEXT NOT NULL,
    created    INTEGER NOT NULL,
    logging    TEXT NOT NULL,
    tracing    TEXT NOT NULL,
    encryption TEXT NOT NULL,
    type       INTEGER NOT NULL,
    UNIQUE (machine, id)
) STRICT;

CREATE TABLE activities (
    id         INTEGER PRIMARY KEY,
    arn        TEXT NOT NULL UNIQUE,
    created    INTEGER NOT NULL,
    encryption TEXT NOT NULL,
    tags       TEXT NOT NULL
) STRICT;

-- META. `id` stands for the run in all that belongs to it, and goes with it: when it has expired and the name starts
-- anew.
CREATE TABLE executions (
    id           INTEGER PRIMARY KEY,
    arn          TEXT NOT NULL UNIQUE,
    run          TEXT NOT NULL,
    machine      INTEGER NOT NULL,
    revision     TEXT NOT NULL,
    status       INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    started      INTEGER NOT NULL,
    stopped      INTEGER,
    input_hash   TEXT NOT NULL,
    stop         TEXT,
    trace_header TEXT,
    expires      INTEGER,
    redriven     TEXT,
    qualifier    TEXT
) STRICT;
-- A list of any status is merged from the lists of each: two indexes to keep up, not four.
CREATE INDEX executions_by_status ON executions (status, started);
CREATE INDEX executions_by_machine ON executions (machine, status, started);

CREATE TABLE records (
    run    INTEGER NOT NULL,
    strand TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    body   BLOB NOT NULL,
    UNIQUE (run, strand, seq)
) STRICT;

CREATE TABLE joins (
    run       INTEGER NOT NULL,
    strand    TEXT NOT NULL,
    fork      INTEGER NOT NULL,
    child     INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    PRIMARY KEY (run, strand, fork, child)
) STRICT, WITHOUT ROWID;

CREATE TABLE beats (
    run    INTEGER NOT NULL,
    strand TEXT NOT NULL,
    since  INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (run, strand, since)
) STRICT, WITHOUT ROWID;
";

/// Opens the database for the one writer, making or checking its tables; gives the token key too.
pub(super) fn open_writer(path: &Path) -> Result<(Connection, Vec<u8>), Error> {
    let failed = |source| Error::opening(path, source);
    let mut connection = Connection::open(path).map_err(failed)?;
    set_up(&connection).map_err(failed)?;
    let found: i64 = connection.query_row("PRAGMA user_version", (), |row| row.get(0)).map_err(failed)?;
    if !(0..=VERSION).contains(&found) {
        return Err(Error::Newer { path: path.into(), found, known: VERSION });
    }
    let key = make_tables(&mut connection, found).map_err(failed)?;
    Ok((connection, key))
}

/// Opens the database for reading.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // After each commit of the writer a reader starts with an empty cache anyhow.
    connection.execute_batch("PRAGMA cache_size = -512; PRAGMA mmap_size = 0;")?;
    Ok(connection)
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // FULL: in WAL mode each commit is on the disk before it is answered. A checkpoint every 8 MB (the WAL
    // holds hot pages many times over, and fewer checkpoints write each of them less often).
    connection.execute_batch(
        "PRAGMA page_size = 4096;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 2000;
         PRAGMA journal_size_limit = 8388608;
         PRAGMA cache_size = -4096;
         PRAGMA mmap_size = 0;
         PRAGMA temp_store = MEMORY;",
    )
}

fn make_tables(connection: &mut Connection, found: i64) -> rusqlite::Result<Vec<u8>> {
    // Takes the write lock even when there is nothing to make: a file that cannot be written is found out now.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if found == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.execute_batch(VERSIONS)?;
        let key: [u8; TOKEN_KEY_BYTES] = rand::random();
        transaction.execute("INSERT INTO deployment (name, value) VALUES ('token key', ?1)", (&key[..],))?;
    } else {
        if found < 2 {
            // Executions of version 1 stay for ever.
            transaction.execute_batch("ALTER TABLE executions ADD COLUMN expires INTEGER")?;
        }
        if found < 3 {
            // None of those of version 2 was ever redriven.
            transaction.execute_batch("ALTER TABLE executions ADD COLUMN redriven TEXT")?;
        }
        if found < 4 {
            // Machines of version 3 have no versions, and nobody was started by one. All are Standard.
            transaction.execute_batch(VERSIONS)?;
            transaction.execute_batch(
                "ALTER TABLE machines ADD COLUMN published TEXT; ALTER TABLE executions ADD COLUMN qualifier TEXT; \
                 ALTER TABLE revisions ADD COLUMN type INTEGER NOT NULL DEFAULT 0",
            )?;
        }
    }
    if found < VERSION {
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    let key = transaction.query_row("SELECT value FROM deployment WHERE name = 'token key'", (), |row| row.get(0))?;
    transaction.commit()?;
    Ok(key)
}
