/* A scene as JSON: the keys that scripts may rely on are listed in `osteonav scene --help`.
 * Numbers have 17 significant digits, so that a double is read back bit for bit; what must not be
 * used is null. Thread: any. */
#ifndef TOOLS_SCENE_JSON_H
#define TOOLS_SCENE_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "nav/scene.h"

/* Writes one compact object and a newline. False: out of memory or the stream failed. */
bool scene_json_print(const struct nav_scene *scene, FILE *out);

#endif
