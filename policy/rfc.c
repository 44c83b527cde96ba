/*
 * The form of an RFC: [A-ZÑ&]{3,4}, a real date YYMMDD, two letters or digits, and a check
 * digit 0-9 or A. The century is not written, so 29 February is let through in every year
 * that is a leap year in one of the two.
 */
#include "policy/rfc.h"

#include <stddef.h>
#include <string.h>

static const unsigned char days_of_month[] = {31, 29, 31, 30, 31, 30,
                                              31, 31, 30, 31, 30, 31};

/* Bytes of the letter at text: one for A-Z and &, two for Ñ, 0 for anything else. */
static size_t letter_size(const char *text)
{
    if ((*text >= 'A' && *text <= 'Z') || *text == '&') {
        return 1;
    }
    return strncmp(text, "\xc3\x91", 2) == 0 ? 2 : 0;
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static bool is_letter_or_digit(char character)
{
    return is_digit(character) || (character >= 'A' && character <= 'Z');
}

static unsigned two_digits(const char *text)
{
    return (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
}

static bool date_is_real(const char *digits)
{
    for (size_t i = 0; i < 6; i++) {
        if (!is_digit(digits[i])) {
            return false;
        }
    }
    unsigned year = two_digits(digits);
    unsigned month = two_digits(digits + 2);
    unsigned day = two_digits(digits + 4);
    if (month < 1 || month > 12 || day < 1 || day > days_of_month[month - 1]) {
        return false;
    }
    return month != 2 || day != 29 || year % 4 == 0;
}

bool rfc_is_well_formed(const char *rfc)
{
    size_t letters = 0;
    size_t size = letter_size(rfc);
    while (size > 0 && letters < 5) {
        letters++;
        rfc += size;
        size = letter_size(rfc);
    }
    if (letters < 3 || letters > 4 || strlen(rfc) != 9 || !date_is_real(rfc)) {
        return false;
    }
    return is_letter_or_digit(rfc[6]) && is_letter_or_digit(rfc[7]) &&
           (is_digit(rfc[8]) || rfc[8] == 'A');
}
