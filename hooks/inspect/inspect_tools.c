/*
 * Loads what the look at a file needs from files of its own: libmagic's database, and
 * whatever the libraries fetch at their first use. The parent of the inspectors, once, before
 * its sandbox closes; the children share the pages.
 *
 * libmagic runs with less than its defaults: no decompression, no ELF details, no own parsers
 * of tar and of OLE2 (all with a history of flaws, none needed to tell the type), and lower
 * ceilings on what one entry of the database may cost.
 */
#include "hooks/inspect/inspect_tools.h"

#include <openssl/crypto.h>

#include "base/auto.h"

static const int magic_flags = MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS |
                               MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_CDF |
                               MAGIC_NO_CHECK_ELF;

struct ceiling {
    int parameter;
    size_t value;
};

static const struct ceiling ceilings[] = {
    {MAGIC_PARAM_INDIR_MAX, 15},      {MAGIC_PARAM_NAME_MAX, 30},
    {MAGIC_PARAM_ELF_PHNUM_MAX, 128}, {MAGIC_PARAM_ELF_SHNUM_MAX, 128},
    {MAGIC_PARAM_ELF_NOTES_MAX, 16},  {MAGIC_PARAM_REGEX_MAX, 4096},
    {MAGIC_PARAM_BYTES_MAX, 1 << 20},
};

/* A PDF without fault, so that the libraries have run once before the sandbox closes. */
static const char sample[] = "%PDF-1.4\n"
                             "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
                             "2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
                             "xref\n0 3\n"
                             "0000000000 65535 f \n"
                             "0000000009 00000 n \n"
                             "0000000052 00000 n \n"
                             "trailer<</Size 3/Root 1 0 R>>\nstartxref\n96\n%%EOF\n";

static bool load_magic(struct inspect_tools *tools, struct err *err)
{
    tools->magic = magic_open(magic_flags);
    if (!tools->magic) {
        return err_sys(err, errno, "open libmagic");
    }
    if (magic_load(tools->magic, NULL) < 0) {
        return err_set(err, ERR_SYSTEM, "load libmagic's database: %s",
                       magic_error(tools->magic));
    }
    for (size_t at = 0; at < ARRAY_SIZE(ceilings); at++) {
        if (magic_setparam(tools->magic, ceilings[at].parameter, &ceilings[at].value) <
            0) {
            return err_set(err, ERR_SYSTEM, "libmagic does not take limit %d",
                           ceilings[at].parameter);
        }
    }
    return true;
}

static bool load_hash(struct inspect_tools *tools, struct err *err)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    tools->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    return tools->sha256 || err_set(err, ERR_SYSTEM, "SHA-256 is not available");
}

/* Each library's first run may open files or ask the system things; later ones do not. */
static bool warm_up(struct inspect_tools *tools, struct err *err)
{
    struct inspect_content content = {.bytes = bytes_of_text(sample),
                                      .size = sizeof sample - 1};
    char media_type[INSPECT_MEDIA_TYPE_MAX];
    if (!inspect_type(tools, &content, media_type, err)) {
        return false;
    }
    if (strcmp(media_type, "application/pdf") != 0) {
        return err_set(err, ERR_SYSTEM, "libmagic takes a PDF for %s", media_type);
    }
    struct inspection inspection = {0};
    inspect_pdf(content.bytes, &inspection);
    return true;
}

struct inspect_tools *inspect_tools_load(struct err *err)
{
    AUTO(inspect_tools) tools = calloc(1, sizeof *tools);
    if (!tools) {
        err_sys(err, ENOMEM, "load the inspection tools");
        return NULL;
    }
    if (!load_magic(tools, err) || !load_hash(tools, err) || !warm_up(tools, err)) {
        return NULL;
    }
    return TAKE_PTR(tools);
}

void inspect_tools_free(struct inspect_tools *tools)
{
    if (tools) {
        if (tools->magic) {
            magic_close(tools->magic);
        }
        EVP_MD_free(tools->sha256);
        free(tools);
    }
}
