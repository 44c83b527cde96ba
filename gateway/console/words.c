/*
 * Everything that roles say to operators and that has a translation: answers, and the words of
 * tables. Run by garita. A closed list: a name that looks like a word of ours stays a name in
 * every other place.
 */
#include "console/words.h"

#include <string.h>

#include "base/auto.h"

static const char *const sayings[] = {
    /* garita-auth: answers. */
    N_("The password was set."),
    N_("The key was added."),
    N_("The key was removed."),
    N_("The account was disabled."),
    N_("The account was enabled."),
    N_("You may not use the console of this gateway."),
    N_("The gateway does not know this command."),
    N_("The policy has no account of this name."),
    N_("The registry is away; nothing was changed. Try again in a moment."),
    N_("The answer is too long."),
    N_("The password is too long."),
    N_("The password holds control characters or is not valid UTF-8."),
    N_("The password must have at least 12 characters."),
    N_("The account has this key already."),
    N_("The account has too many keys."),
    N_("The account has no key with this fingerprint."),
    N_("The public key is too long."),
    N_("Public keys of this kind are not accepted."),
    N_("The public key is malformed, too short or too long."),
    N_("This is not a line of an OpenSSH public key file."),
    N_("The kind that stands before the key is not the kind of the key."),
    /* garita-registry: answers. */
    N_("no such receipt"),
    N_("the account of this receipt is no longer in the policy"),
    N_("this user is not an operator (operators: in garita.yaml)"),
    N_("unknown command"),
    /* Columns of tables, and cells that are words. */
    N_("account"),
    N_("kind"),
    N_("enabled"),
    N_("password"),
    N_("keys"),
    N_("key"),
    N_("item"),
    N_("value"),
    N_("what"),
    N_("policy"),
    N_("sessions"),
    N_("uploads being taken in"),
    N_("ledger entries"),
    N_("operation"),
    N_("documents"),
    N_("opened"),
    N_("yes"),
    N_("no"),
    N_("correspondent"),
    N_("client"),
    N_("system"),
    N_("staff"),
    N_("manager"),
};

const char *words_of_role(const char *text)
{
    for (size_t i = 0; i < ARRAY_SIZE(sayings); i++) {
        if (strcmp(sayings[i], text) == 0) {
            return _(sayings[i]);
        }
    }
    return text;
}
