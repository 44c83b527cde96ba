/*
 * The name of an operation's folder and of the year that holds it, both ways. Runs in the
 * registry, on names that clients sent; pure. Whether the year, the customs office and the
 * patente exist is not asked here: the policy says who serves which.
 */
#include "hooks/filing/filing.h"

#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* True when text is the shape: '#' a digit, everything else itself. */
static bool has_shape(const char *text, const char *shape)
{
    size_t at = 0;
    for (; shape[at] != '\0'; at++) {
        bool fits = shape[at] == '#' ? is_digit(text[at]) : text[at] == shape[at];
        if (!fits) {
            return false;
        }
    }
    return text[at] == '\0';
}

static int number_of(const char *text, size_t digits)
{
    int number = 0;
    for (size_t at = 0; at < digits; at++) {
        number = 10 * number + (text[at] - '0');
    }
    return number;
}

bool operation_key_parse(const char *name, struct operation_key *key)
{
    if (!has_shape(name, "##-###-####-#######")) {
        return false;
    }
    struct operation_key parsed = {.year = 2000 + number_of(name, 2)};
    memcpy(parsed.aduana, &name[3], 3);
    memcpy(parsed.patente, &name[7], 4);
    memcpy(parsed.pedimento, &name[12], 7);
    *key = parsed;
    return true;
}

void operation_key_format(const struct operation_key *key, char name[OPERATION_NAME_MAX])
{
    /* A name that gave two digits of the customs office left a space for the third. */
    int aduana_size = key->aduana[2] == ' ' ? 2 : 3;
    snprintf(name, OPERATION_NAME_MAX, "%02u-%.*s-%.4s-%.7s", (unsigned)key->year % 100,
             aduana_size, key->aduana, key->patente, key->pedimento);
}

bool operation_year_parse(const char *name, int *year)
{
    /* Operations carry two digits of their year: there is no other century. */
    if (!has_shape(name, "20##")) {
        return false;
    }
    *year = number_of(name, 4);
    return true;
}
