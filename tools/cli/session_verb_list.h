/* The verbs of `osteonav session`, one line each: SESSION_VERB(suffix, word, one-line summary).
 * Included several times with different meanings of SESSION_VERB; hence no guard. */
SESSION_VERB(pauses, "pauses", "the places where a tip rested: touched landmarks")
SESSION_VERB(info, "info", "what a recording holds: case, devices, rates, gaps, events")
SESSION_VERB(list, "list", "the sessions of a folder")
SESSION_VERB(import, "import", "make a session of another program's recording")
SESSION_VERB(export, "export", "write a session's poses for another program")
SESSION_VERB(cut, "cut", "a new session of a part of one")
SESSION_VERB(merge, "merge", "one new session of several")
SESSION_VERB(annotate, "annotate", "add a note at a time, or list the notes")
SESSION_VERB(sql, "sql", "ask a session questions: poses, distances, alarms as tables")
SESSION_VERB(check, "check", "whether a session is whole")
SESSION_VERB(repair, "repair", "end what was killed, save what is whole of a damaged session")
