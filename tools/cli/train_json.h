/* A measured attempt as JSON, for --json and for the library. Thread: any. */
#ifndef TOOLS_TRAIN_JSON_H
#define TOOLS_TRAIN_JSON_H

#include <jansson.h>

#include "exercise.h"
#include "score.h"
#include "train_library.h"

/* Everything but the samples. NULL: no memory. */
json_t *train_result_json(const struct train_exercise *exercise, const struct train_result *result);

json_t *train_attempt_json(const struct train_attempt *attempt);

#endif
