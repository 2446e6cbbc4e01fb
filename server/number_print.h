/* Doubles as the shortest decimal text that reads back as the same number.
 *
 * Pure but for the C library's own conversion, which the rarer numbers take: then the thread's
 * locale must be C's. Thread: any. */
#ifndef SRV_NUMBER_PRINT_H
#define SRV_NUMBER_PRINT_H

#include <stddef.h>

enum { SRV_NUMBER_SIZE = 32 };

/* As printf's %g with the fewest of 6, 15, 16 or 17 digits that do. Writes its NUL, returns the
 * length without it. */
size_t srv_number_print(double value, char out_text[SRV_NUMBER_SIZE]);

/* The same by trying: the oracle of the tests. */
size_t srv_number_print_ref(double value, char out_text[SRV_NUMBER_SIZE]);

#endif
