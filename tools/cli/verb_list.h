/* The verbs of `osteonav`, one line each: VERB(function suffix, word, one-line summary).
 * Included several times with different meanings of VERB; hence no guard. */
VERB(case, "case", "check a case file and every file it names")
VERB(run, "run", "run the navigation core of a case")
VERB(scene, "scene", "print the scene of a running core")
VERB(command, "command", "command a running core: touch landmarks, register, check")
VERB(display, "display", "show the scene of a running core")
VERB(simulate, "simulate", "be a tracker: send a recorded session or a simulated hand")
VERB(phantom, "phantom", "build the synthetic demo patient")
VERB(bench, "bench", "measure against other programs that do the same work")
VERB(register, "register", "register the patient by landmarks and by the bone surface")
VERB(igtl, "igtl", "look at OpenIGTLink connections: listen, send, dump, probe")
VERB(calibrate, "calibrate", "calibrate a tool: tip, axis, blade; verify it in a divot")
VERB(session, "session", "look into recorded tracking sessions: pauses")
