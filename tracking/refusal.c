#include "refusal.h"

#include <stdarg.h>
#include <stdio.h>

void trk_refuse(struct trk_refusals *refusals, const char *code, const char *suggestion,
                const char *format, ...)
{
    if (refusals->count == TRK_REFUSALS_MAX) {
        return;
    }
    struct trk_refusal *refusal = &refusals->list[refusals->count++];
    refusal->code = code;
    (void)snprintf(refusal->suggestion, sizeof(refusal->suggestion), "%s", suggestion);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(refusal->text, sizeof(refusal->text), format, arguments);
    va_end(arguments);
}
