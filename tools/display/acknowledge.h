/* A display's hand on the alarms: asks the core that it follows, by `osteonav command alarm
 * acknowledge`, to take them as seen. The display itself decides nothing; what the core makes of it
 * comes back with the scene. Thread: main. */
#ifndef TOOLS_ACKNOWLEDGE_H
#define TOOLS_ACKNOWLEDGE_H

/* `instance`: const char *, NULL is the default one. Does not wait; what goes wrong is in the log.
 */
void acknowledge_alarms(void *instance);

#endif
