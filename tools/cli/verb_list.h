/* The verbs of `osteonav`, one line each: VERB(function suffix, word, one-line summary).
 * Included several times with different meanings of VERB; hence no guard. */
VERB(case, "case", "check a case file and every file it names")
