/* Errors of the X server, which by Xlib's own way would end the program: a window that a monitor's
 * loss has just made smaller, drawn to at its former size, is one. They are logged and counted
 * instead; whoever draws looks whether there were any and draws everything again.
 * Thread: main. */
#ifndef RND_X_ERRORS_H
#define RND_X_ERRORS_H

/* From now on. GLFW takes the place of the handler now and then: called before each frame. */
void rnd_x_errors_watch(void);

/* How many there were so far. They come with the server's next answer, not with what caused them.
 */
unsigned rnd_x_errors_count(void);

#endif
