/*
 * What a PDF can do beside being read. An inspector's child; the bytes are hostile, and
 * libqpdf takes them apart, so that names written with escapes and objects inside compressed
 * streams are seen as a reader sees them.
 *
 * Every object of the cross-reference table is looked at, used or not, and every one that is
 * referred to beyond it. SECURITY: when memory runs out libqpdf goes on with a warning and an
 * incomplete picture. Such a warning, or one of a stream that could not be unpacked, means
 * that the file was not inspected; never that nothing was found.
 */
#include "hooks/inspect/inspect.h"

#include <ctype.h>
#include <qpdf/qpdf-c.h>
#include <string.h>

#include "base/auto.h"

enum {
    OBJECTS_MAX = 200000, /* looked at in one file */
    STACK_MAX = 1 << 20,  /* values that wait to be looked at */
    SEEN_START = 1024     /* slots; a power of two */
};

/* References that were followed: an open hash table of generation and number, 0 is free. */
struct seen {
    uint64_t *slots;
    size_t size;
    size_t used;
};

struct walk {
    qpdf_data pdf;
    struct inspection *inspection;
    qpdf_oh *stack;
    size_t depth;
    size_t capacity;
    struct seen seen;
    int table_size; /* numbers below are looked at anyway, in generation 0 */
    size_t objects;
    bool limited;
};

static void add(struct inspection *inspection, enum finding finding)
{
    inspection->findings |= finding_bit(finding);
}

static void give_up(struct walk *walk, const char *why)
{
    walk->limited = true;
    inspect_detail(walk->inspection, "PDF: %s", why);
}

/* ---- what was seen ------------------------------------------------------------------ */

static size_t seen_slot(const struct seen *seen, uint64_t key)
{
    size_t at = (size_t)((key * 0x9e3779b97f4a7c15u) >> 20) & (seen->size - 1);
    while (seen->slots[at] != 0 && seen->slots[at] != key) {
        at = (at + 1) & (seen->size - 1);
    }
    return at;
}

static bool seen_grow(struct seen *seen)
{
    struct seen larger = {.size = seen->size ? 2 * seen->size : SEEN_START};
    larger.slots = calloc(larger.size, sizeof *larger.slots);
    if (!larger.slots) {
        return false;
    }
    for (size_t at = 0; at < seen->size; at++) {
        if (seen->slots[at] != 0) {
            larger.slots[seen_slot(&larger, seen->slots[at])] = seen->slots[at];
        }
    }
    larger.used = seen->used;
    free(seen->slots);
    *seen = larger;
    return true;
}

/* True when the key is new. */
static bool seen_add(struct seen *seen, uint64_t key, bool *failed)
{
    if (2 * seen->used >= seen->size && !seen_grow(seen)) {
        *failed = true;
        return false;
    }
    size_t at = seen_slot(seen, key);
    if (seen->slots[at] == key) {
        return false;
    }
    seen->slots[at] = key;
    seen->used++;
    return true;
}

/* ---- values that wait --------------------------------------------------------------- */

static void push(struct walk *walk, qpdf_oh value)
{
    if (walk->depth == walk->capacity) {
        size_t capacity = walk->capacity ? 2 * walk->capacity : 256;
        qpdf_oh *stack = capacity > STACK_MAX
                             ? NULL
                             : reallocarray(walk->stack, capacity, sizeof *stack);
        if (!stack) {
            give_up(walk, "too many nested values");
            qpdf_oh_release(walk->pdf, value);
            return;
        }
        walk->stack = stack;
        walk->capacity = capacity;
    }
    walk->stack[walk->depth++] = value;
}

static void push_object(struct walk *walk, int id, int generation)
{
    if (++walk->objects > OBJECTS_MAX) {
        give_up(walk, "too many objects");
        return;
    }
    push(walk, qpdf_get_object_by_id(walk->pdf, id, generation));
}

/* Takes a value that stands inside another: a container waits for its turn, a reference is
   followed once, anything else has nothing inside. */
static void enter(struct walk *walk, qpdf_oh value)
{
    if (!qpdf_oh_is_indirect(walk->pdf, value)) {
        if (qpdf_oh_is_dictionary(walk->pdf, value) ||
            qpdf_oh_is_array(walk->pdf, value)) {
            push(walk, value);
        } else {
            qpdf_oh_release(walk->pdf, value);
        }
        return;
    }
    int id = qpdf_oh_get_object_id(walk->pdf, value);
    int generation = qpdf_oh_get_generation(walk->pdf, value);
    qpdf_oh_release(walk->pdf, value);
    bool in_table = generation == 0 && id < walk->table_size;
    uint64_t key = (uint64_t)(uint32_t)generation << 32 | (uint32_t)id;
    bool failed = false;
    if (!in_table && seen_add(&walk->seen, key, &failed)) {
        push_object(walk, id, generation);
    }
    if (failed) {
        give_up(walk, "out of memory");
    }
}

/* ---- what counts -------------------------------------------------------------------- */

static bool is_code(qpdf_data pdf, qpdf_oh value)
{
    return qpdf_oh_is_string(pdf, value) || qpdf_oh_is_stream(pdf, value);
}

static bool has_items(qpdf_data pdf, qpdf_oh dictionary, const char *key)
{
    qpdf_oh array = qpdf_oh_get_key(pdf, dictionary, key);
    bool found =
        qpdf_oh_is_array(pdf, array) && qpdf_oh_get_array_n_items(pdf, array) > 0;
    qpdf_oh_release(pdf, array);
    return found;
}

/* A name tree (ISO 32000-1, 7.9.6) that leads somewhere. */
static bool is_name_tree(qpdf_data pdf, qpdf_oh value)
{
    return qpdf_oh_is_dictionary(pdf, value) &&
           (has_items(pdf, value, "/Names") || has_items(pdf, value, "/Kids"));
}

static bool has_keys(qpdf_data pdf, qpdf_oh value)
{
    if (!qpdf_oh_is_dictionary(pdf, value)) {
        return false;
    }
    qpdf_oh_begin_dict_key_iter(pdf, value);
    return qpdf_oh_dict_more_keys(pdf);
}

static bool is_form(qpdf_data pdf, qpdf_oh value)
{
    return qpdf_oh_is_array(pdf, value) || qpdf_oh_is_stream(pdf, value);
}

static bool is_javascript(qpdf_data pdf, qpdf_oh value)
{
    return qpdf_oh_is_name_and_equals(pdf, value, "/JavaScript");
}

static bool is_launch(qpdf_data pdf, qpdf_oh value)
{
    return qpdf_oh_is_name_and_equals(pdf, value, "/Launch");
}

struct sign {
    const char *key;
    bool (*means)(qpdf_data pdf, qpdf_oh value);
    enum finding finding;
};

static const struct sign signs[] = {
    {"/JS", is_code, FINDING_PDF_SCRIPT},
    {"/S", is_javascript, FINDING_PDF_SCRIPT},
    {"/S", is_launch, FINDING_PDF_LAUNCH},
    {"/EF", has_keys, FINDING_PDF_EMBEDDED},
    {"/EmbeddedFiles", is_name_tree, FINDING_PDF_EMBEDDED},
    {"/XFA", is_form, FINDING_PDF_XFA},
};

static void judge_dictionary(struct walk *walk, qpdf_oh dictionary)
{
    for (size_t at = 0; at < ARRAY_SIZE(signs); at++) {
        qpdf_oh value = qpdf_oh_get_key(walk->pdf, dictionary, signs[at].key);
        if (signs[at].means(walk->pdf, value)) {
            add(walk->inspection, signs[at].finding);
        }
        qpdf_oh_release(walk->pdf, value);
    }
}

/* ---- the walk ----------------------------------------------------------------------- */

static void enter_dictionary(struct walk *walk, qpdf_oh dictionary)
{
    judge_dictionary(walk, dictionary);
    /* One dictionary is iterated at a time in all of libqpdf's C interface. */
    qpdf_oh_begin_dict_key_iter(walk->pdf, dictionary);
    while (!walk->limited && qpdf_oh_dict_more_keys(walk->pdf)) {
        const char *key = qpdf_oh_dict_next_key(walk->pdf);
        enter(walk, qpdf_oh_get_key(walk->pdf, dictionary, key));
    }
}

static void enter_array(struct walk *walk, qpdf_oh array)
{
    int count = qpdf_oh_get_array_n_items(walk->pdf, array);
    for (int at = 0; at < count && !walk->limited; at++) {
        enter(walk, qpdf_oh_get_array_item(walk->pdf, array, at));
    }
}

static void visit(struct walk *walk, qpdf_oh value)
{
    if (qpdf_oh_is_stream(walk->pdf, value)) {
        qpdf_oh dictionary = qpdf_oh_get_dict(walk->pdf, value);
        enter_dictionary(walk, dictionary);
        qpdf_oh_release(walk->pdf, dictionary);
    } else if (qpdf_oh_is_dictionary(walk->pdf, value)) {
        enter_dictionary(walk, value);
    } else if (qpdf_oh_is_array(walk->pdf, value)) {
        enter_array(walk, value);
    }
    qpdf_oh_release(walk->pdf, value);
}

static void visit_all(struct walk *walk)
{
    while (walk->depth > 0 && !walk->limited) {
        visit(walk, walk->stack[--walk->depth]);
    }
}

/* Numbers in the cross-reference table; a lie in /Size costs at most the ceiling, and what
   is referred to beyond it is followed. */
static int table_size(struct walk *walk, qpdf_oh trailer)
{
    qpdf_oh size = qpdf_oh_get_key(walk->pdf, trailer, "/Size");
    long long count = 0;
    if (qpdf_oh_is_integer(walk->pdf, size)) {
        count = qpdf_oh_get_int_value(walk->pdf, size);
    }
    qpdf_oh_release(walk->pdf, size);
    count = count > OBJECTS_MAX ? OBJECTS_MAX : count;
    return count < 0 ? 0 : (int)count;
}

static void walk_objects(struct walk *walk)
{
    qpdf_oh trailer = qpdf_get_trailer(walk->pdf);
    walk->table_size = table_size(walk, trailer);
    push(walk, trailer);
    visit_all(walk);
    for (int id = 1; id < walk->table_size && !walk->limited; id++) {
        push_object(walk, id, 0);
        visit_all(walk);
    }
}

/* ---- what went wrong ---------------------------------------------------------------- */

/* Words of libqpdf's messages that mean that something stayed unseen. */
static bool hides_something(const char *message)
{
    static const char *const words[] = {"alloc", "memory", "object stream",
                                        "decoding stream", "inflate"};
    for (size_t at = 0; at < ARRAY_SIZE(words); at++) {
        if (strstr(message, words[at])) {
            return true;
        }
    }
    return false;
}

static void judge_warning(qpdf_data pdf, qpdf_error warning,
                          struct inspection *inspection)
{
    enum qpdf_error_code_e code = qpdf_get_error_code(pdf, warning);
    const char *message = qpdf_get_error_message_detail(pdf, warning);
    bool incomplete =
        code == qpdf_e_internal || code == qpdf_e_system || hides_something(message);
    add(inspection, incomplete ? FINDING_NOT_INSPECTED : FINDING_PDF_REPAIRED);
    inspect_detail(inspection, "PDF: %s", message);
}

static void judge_warnings(qpdf_data pdf, struct inspection *inspection)
{
    if (qpdf_has_error(pdf)) {
        judge_warning(pdf, qpdf_get_error(pdf), inspection);
    }
    while (qpdf_more_warnings(pdf)) {
        judge_warning(pdf, qpdf_next_warning(pdf), inspection);
    }
}

struct word {
    const char *text;
    enum finding finding;
};

/* The name as such, not as the start of a longer one. */
static bool has_name(struct bytes pdf, const char *name)
{
    size_t length = strlen(name);
    for (size_t at = 0; pdf.size - at > length; at++) {
        const uint8_t *found = memmem(&pdf.at[at], pdf.size - at - 1, name, length);
        if (!found) {
            return false;
        }
        at = (size_t)(found - pdf.at);
        if (!isalnum(pdf.at[at + length])) {
            return true;
        }
    }
    return false;
}

/* Whoever repairs guesses, and another reader may guess differently: what stands in the open
   in such a file counts, even where libqpdf's guess left it out. */
static void judge_raw(struct bytes pdf, struct inspection *inspection)
{
    static const struct word words[] = {{"/Encrypt", FINDING_PDF_ENCRYPTED},
                                        {"/JavaScript", FINDING_PDF_SCRIPT},
                                        {"/Launch", FINDING_PDF_LAUNCH}};
    for (size_t at = 0; at < ARRAY_SIZE(words); at++) {
        if (has_name(pdf, words[at].text)) {
            add(inspection, words[at].finding);
        }
    }
}

/* The file could not even be opened. */
static void judge_error(qpdf_data pdf, struct inspection *inspection)
{
    qpdf_error error = qpdf_get_error(pdf);
    enum qpdf_error_code_e code = qpdf_get_error_code(pdf, error);
    const char *message = qpdf_get_error_message_detail(pdf, error);
    inspect_detail(inspection, "PDF: %s", message);
    if (code == qpdf_e_password) {
        add(inspection, FINDING_PDF_PASSWORD);
    } else if (code == qpdf_e_unsupported) {
        add(inspection, FINDING_PDF_ENCRYPTED); /* by another way than a password */
    } else if (code == qpdf_e_internal || code == qpdf_e_system ||
               strstr(message, "alloc")) {
        add(inspection, FINDING_NOT_INSPECTED);
    } else {
        add(inspection, FINDING_PDF_DAMAGED);
    }
}

/* libqpdf says where it finds none by an error, and prints an error that nobody took. */
static bool has_pages(qpdf_data pdf)
{
    int count = qpdf_get_num_pages(pdf);
    qpdf_get_error(pdf);
    return count > 0;
}

static void look_through(struct walk *walk, struct bytes pdf)
{
    struct inspection *inspection = walk->inspection;
    if (qpdf_is_encrypted(walk->pdf)) {
        add(inspection, FINDING_PDF_ENCRYPTED);
    }
    walk_objects(walk);
    judge_warnings(walk->pdf, inspection);
    if (walk->limited) {
        add(inspection, FINDING_NOT_INSPECTED);
    }
    if (inspection->findings & finding_bit(FINDING_PDF_REPAIRED)) {
        judge_raw(pdf, inspection);
    }
    if (!has_pages(walk->pdf)) {
        add(inspection, FINDING_PDF_DAMAGED);
        inspect_detail(inspection, "PDF: no pages");
    }
}

void inspect_pdf(struct bytes pdf, struct inspection *inspection)
{
    struct walk walk = {.pdf = qpdf_init(), .inspection = inspection};
    /* Without these libqpdf prints what a file made it say. */
    qpdf_silence_errors(walk.pdf);
    qpdf_set_suppress_warnings(walk.pdf, QPDF_TRUE);
    qpdf_set_attempt_recovery(walk.pdf, QPDF_TRUE);
    QPDF_ERROR_CODE opened =
        qpdf_read_memory(walk.pdf, "pdf", (const char *)pdf.at, pdf.size, NULL);
    if (opened & QPDF_ERRORS) {
        judge_error(walk.pdf, inspection);
    } else {
        look_through(&walk, pdf);
    }
    qpdf_cleanup(&walk.pdf);
    free(walk.stack);
    free(walk.seen.slots);
}
