/* The verbs of `osteonav`, one line each: VERB(function suffix, word, one-line summary).
 * Included several times with different meanings of VERB; hence no guard. */
