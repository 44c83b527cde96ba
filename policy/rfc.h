/*
 * The client's RFC, the Mexican tax number that names a client: three letters (a company) or
 * four (a person), the date, and three characters of homoclave. Pure: text in, answer out;
 * trusts nothing of the text.
 */
#ifndef GARITA_RFC_H
#define GARITA_RFC_H

#include <stdbool.h>

/* Form and date are checked; the check digit is not (real ones fail). UTF-8, upper case. */
bool rfc_is_well_formed(const char *rfc);

#endif
