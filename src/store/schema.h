// The tables of the database. docs/store.md explains the columns.
#pragma once

namespace cbuild::store {

inline constexpr int kFormat = 2;

// Digests are 32-byte blobs, times seconds since 1970.
inline constexpr const char* kSchema = R"(
CREATE TABLE snapshots(
  chain BLOB PRIMARY KEY,
  parent BLOB,
  diff BLOB NOT NULL,
  size INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL,
  directory INTEGER UNIQUE,
  made_here INTEGER NOT NULL DEFAULT 0,
  blob_digest BLOB,
  blob_type TEXT,
  blob_size INTEGER,
  boot_id TEXT,
  synced INTEGER NOT NULL DEFAULT 0,
  links TEXT
) WITHOUT ROWID;
CREATE INDEX snapshots_diff ON snapshots(diff);
CREATE INDEX snapshots_unsynced ON snapshots(boot_id) WHERE NOT synced AND directory IS NOT NULL;
CREATE TABLE retired(
  directory INTEGER PRIMARY KEY
);
CREATE TABLE images(
  id BLOB PRIMARY KEY,
  digest BLOB NOT NULL,
  type TEXT NOT NULL,
  size INTEGER NOT NULL,
  created INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE names(
  name TEXT NOT NULL,
  platform TEXT NOT NULL DEFAULT '',
  image BLOB NOT NULL,
  PRIMARY KEY(name, platform)
) WITHOUT ROWID;
CREATE INDEX names_image ON names(image);
CREATE TABLE digests(
  repository TEXT NOT NULL,
  image BLOB NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY(repository, image)
) WITHOUT ROWID;
CREATE INDEX digests_image ON digests(image);
CREATE TABLE records(
  kind INTEGER NOT NULL,
  key BLOB NOT NULL,
  value TEXT NOT NULL,
  created INTEGER NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY(kind, key)
) WITHOUT ROWID;
PRAGMA user_version = 2;
)";

}  // namespace cbuild::store
