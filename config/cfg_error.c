#include "cfg_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum nav_status cfg_error_set(struct cfg_error *out_error, enum nav_status status,
                              const char *format, ...)
{
    if (out_error == NULL) {
        return status;
    }
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(out_error->text, sizeof(out_error->text), format, arguments);
    va_end(arguments);
    if (length < 0) {
        out_error->text[0] = '\0';
    } else if ((size_t)length >= sizeof(out_error->text)) {
        memcpy(out_error->text + sizeof(out_error->text) - 4, "...", 4);
    }
    for (char *c = out_error->text; *c != '\0'; ++c) {
        const unsigned char byte = (unsigned char)*c;
        if (byte < 0x20 || byte == 0x7f) {
            *c = '?';
        }
    }
    return status;
}
