/*
 * What the content is, as a media type. An inspector's child; the bytes are hostile.
 * libmagic looks at the head of the file and validates nothing: a type from here says what a
 * program would try to open the file as, no more.
 */
#include "hooks/inspect/inspect_tools.h"

#include <stdio.h>
#include <string.h>

/* Readers take a PDF whose header comes this late (ISO 32000-1, Annex H, note 13). */
enum { PDF_HEADER_WITHIN = 1024 };

static bool has_pdf_header(struct bytes bytes)
{
    size_t within = bytes.size < PDF_HEADER_WITHIN ? bytes.size : PDF_HEADER_WITHIN;
    return within > 0 && memmem(bytes.at, within, "%PDF-", 5);
}

/* Types behind which junk before a PDF's header is hidden. Any other is a format of its own,
   and a file that is two formats at once keeps the first. */
static bool is_vague(const char *media_type)
{
    return strcmp(media_type, "application/octet-stream") == 0 ||
           strcmp(media_type, "text/plain") == 0;
}

bool inspect_type(const struct inspect_tools *tools,
                  const struct inspect_content *content,
                  char media_type[INSPECT_MEDIA_TYPE_MAX], struct err *err)
{
    const char *told = magic_buffer(tools->magic, content->bytes.at, content->bytes.size);
    if (!told) {
        return err_set(err, ERR_LIMIT, "libmagic: %s", magic_error(tools->magic));
    }
    if (is_vague(told) && has_pdf_header(content->bytes)) {
        told = "application/pdf";
    }
    snprintf(media_type, INSPECT_MEDIA_TYPE_MAX, "%s", told);
    return true;
}
