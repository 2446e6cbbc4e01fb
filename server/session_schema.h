/* The tables of a session file, in one place. docs/recording.md explains them. Thread: any. */
#ifndef SESSION_SCHEMA_H
#define SESSION_SCHEMA_H

enum { SESSION_APPLICATION_ID = 0x4f4e5631 /* "ONV1" */ };

/* Everything but the blocks and the annotations can be made from the blocks again. */
#define SESSION_SCHEMA                                                                             \
    "CREATE TABLE session("                                                                        \
    " id TEXT NOT NULL, software TEXT NOT NULL, origin TEXT NOT NULL, case_name TEXT NOT NULL,"    \
    " case_path TEXT NOT NULL, case_hash TEXT NOT NULL, case_id TEXT NOT NULL,"                    \
    " pseudonym TEXT NOT NULL, mode TEXT NOT NULL, scene_version INTEGER NOT NULL,"                \
    " start_ns INTEGER NOT NULL, start_utc_ns INTEGER NOT NULL, ended INTEGER NOT NULL);"          \
    "CREATE TABLE blocks("                                                                         \
    " place INTEGER PRIMARY KEY, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,"             \
    " records INTEGER NOT NULL, messages INTEGER NOT NULL, data BLOB NOT NULL);"                   \
    "CREATE TABLE peers("                                                                          \
    " source INTEGER NOT NULL, address TEXT NOT NULL, opened_ns INTEGER, closed_ns INTEGER,"       \
    " reason TEXT);"                                                                               \
    "CREATE TABLE devices("                                                                        \
    " source INTEGER NOT NULL, type TEXT NOT NULL, device TEXT NOT NULL,"                          \
    " messages INTEGER NOT NULL, bytes INTEGER NOT NULL, first_ns INTEGER NOT NULL,"               \
    " last_ns INTEGER NOT NULL, PRIMARY KEY(source, type, device)) WITHOUT ROWID;"                 \
    "CREATE TABLE commands(place INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, line TEXT NOT "      \
    "NULL);"                                                                                       \
    "CREATE TABLE events("                                                                         \
    " place INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL);" \
    "CREATE TABLE gaps(place INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, lost INTEGER NOT NULL);" \
    "CREATE TABLE annotations("                                                                    \
    " id INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, made_utc_ns INTEGER NOT NULL,"               \
    " author TEXT NOT NULL, text TEXT NOT NULL);"

#endif
