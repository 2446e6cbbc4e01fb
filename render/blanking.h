/* Keeps the screen of a display from going dark. Thread: main. */
#ifndef RND_BLANKING_H
#define RND_BLANKING_H

#include <stdbool.h>

/* Suspends screen saver and power saving of GLFW's X11 display for as long as this program is
 * connected to it. False: the server does not offer it. */
bool rnd_blanking_inhibit(void);

#endif
