#include "json_out.h"

#include <math.h>
#include <stdio.h>

#include "verbs.h"

json_t *json_number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_numbers(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; ++i) {
        (void)json_array_append_new(array, json_number_or_null(values[i]));
    }
    return array;
}

json_t *json_matrix(const struct nav_pose *pose)
{
    double R[9];
    nav_pose_rotation(pose, R);
    const double rows[16] = {R[0], R[1], R[2], pose->t_mm[0], R[3], R[4], R[5], pose->t_mm[1],
                             R[6], R[7], R[8], pose->t_mm[2], 0.0,  0.0,  0.0,  1.0};
    return json_numbers(rows, 16);
}

int json_print(const char *verb, json_t *object)
{
    const int failed = object == NULL || json_dumpf(object, stdout, JSON_REAL_PRECISION(17)) != 0;
    json_decref(object);
    if (failed || putchar('\n') == EOF || fflush(stdout) != 0) {
        fprintf(stderr, "osteonav %s: cannot write the JSON\n", verb);
        return VERB_FAILED;
    }
    return VERB_OK;
}
