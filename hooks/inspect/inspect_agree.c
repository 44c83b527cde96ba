/*
 * Which contents an extension may hold. An inspector's child. The table has the formats of
 * the customs trade; what it does not have is not judged here, the policy says which
 * extensions are received at all.
 */
#include "hooks/inspect/inspect.h"

#include <ctype.h>
#include <string.h>

/* How the content is to begin, beside its type. */
enum opening {
    ANY_OPENING,
    MARKUP,  /* the first byte that is not blank is '<' */
    DECLARED /* with an XML declaration */
};

/* '*' ends a pattern and takes any rest; '#' in an extension is a digit. */
struct acceptance {
    const char *extension;
    const char *media_type;
    enum opening opening;
};

#define OLE2(extension)                                    \
    {extension, "application/x-ole-storage", ANY_OPENING}, \
        {extension, "application/CDFV2*", ANY_OPENING},    \
        {extension, "application/vnd.ms-*", ANY_OPENING},  \
    {                                                      \
        extension, "application/msword", ANY_OPENING       \
    }
#define OOXML(extension)                                                         \
    {extension, "application/vnd.openxmlformats-officedocument.*", ANY_OPENING}, \
    {                                                                            \
        extension, "application/zip", ANY_OPENING                                \
    }
#define TEXT(extension)                                                               \
    {extension, "text/*", ANY_OPENING}, {extension, "application/json", ANY_OPENING}, \
        {extension, "application/csv", ANY_OPENING},                                  \
    {                                                                                 \
        extension, "message/*", ANY_OPENING                                           \
    }

static const struct acceptance acceptances[] = {
    {"pdf", "application/pdf", ANY_OPENING},
    {"xml", "application/xml", ANY_OPENING},
    {"xml", "text/xml", ANY_OPENING},
    /* Well-formed XML without its first line is plain text to libmagic, and some CFDI are
       taken for program text. */
    {"xml", "text/plain", MARKUP},
    {"xml", "text/x-*", MARKUP},
    {"xml", "image/svg+xml", MARKUP},
    {"xml", "text/html", DECLARED}, /* elements with names of HTML */
    TEXT("txt"),
    TEXT("asc"),
    TEXT("err"),
    TEXT("csv"),
    TEXT("log"),
    TEXT("sql"),
    TEXT("###"), /* files of the validator: the extension is the day of the year */
    {"json", "application/json", ANY_OPENING},
    {"json", "text/plain", ANY_OPENING},
    {"htm", "text/html", ANY_OPENING},
    {"html", "text/html", ANY_OPENING},
    {"eml", "message/*", ANY_OPENING},
    {"eml", "text/*", ANY_OPENING},
    {"jpg", "image/jpeg", ANY_OPENING},
    {"jpeg", "image/jpeg", ANY_OPENING},
    {"png", "image/png", ANY_OPENING},
    {"gif", "image/gif", ANY_OPENING},
    {"tif", "image/tiff", ANY_OPENING},
    {"tiff", "image/tiff", ANY_OPENING},
    {"bmp", "image/bmp", ANY_OPENING},
    {"bmp", "image/x-ms-bmp", ANY_OPENING},
    {"heic", "image/hei*", ANY_OPENING},
    {"zip", "application/zip", ANY_OPENING},
    {"zip", "application/x-zip*", ANY_OPENING},
    {"rar", "application/x-rar*", ANY_OPENING},
    {"rar", "application/vnd.rar", ANY_OPENING},
    {"7z", "application/x-7z-compressed", ANY_OPENING},
    {"tar", "application/x-tar", ANY_OPENING},
    {"tar", "application/x-ustar", ANY_OPENING},
    {"tar", "application/x-gtar", ANY_OPENING},
    {"gz", "application/gzip", ANY_OPENING},
    {"gz", "application/x-gzip", ANY_OPENING},
    {"tgz", "application/gzip", ANY_OPENING},
    {"tgz", "application/x-gzip", ANY_OPENING},
    OOXML("docx"),
    OOXML("xlsx"),
    OOXML("pptx"),
    OLE2("doc"),
    OLE2("xls"),
    OLE2("ppt"),
    OLE2("msg"),
    {"msg", "application/x-ms-msg", ANY_OPENING},
    {"doc", "text/rtf", ANY_OPENING},
    {"rtf", "text/rtf", ANY_OPENING},
    {"mp4", "video/mp4", ANY_OPENING},
    {"mp4", "video/quicktime", ANY_OPENING},
};

static bool fits_extension(const char *extension, const char *pattern)
{
    size_t at = 0;
    for (; pattern[at] != '\0'; at++) {
        bool fits = pattern[at] == '#' ? isdigit((unsigned char)extension[at]) != 0
                                       : extension[at] == pattern[at];
        if (!fits) {
            return false;
        }
    }
    return extension[at] == '\0';
}

static bool fits_type(const char *media_type, const char *pattern)
{
    size_t length = strlen(pattern);
    if (length > 0 && pattern[length - 1] == '*') {
        return strncmp(media_type, pattern, length - 1) == 0;
    }
    return strcmp(media_type, pattern) == 0;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Where the first byte stands that is neither blank nor part of a UTF-8 mark. */
static size_t text_start(struct bytes bytes)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    bool marked = bytes.size >= sizeof mark && memcmp(bytes.at, mark, sizeof mark) == 0;
    size_t at = marked ? sizeof mark : 0;
    while (at < bytes.size && is_blank(bytes.at[at])) {
        at++;
    }
    return at;
}

static bool is_declared(struct bytes bytes)
{
    size_t start = text_start(bytes);
    return bytes.size - start > 5 && memcmp(&bytes.at[start], "<?xml", 5) == 0;
}

/* A '<' that does not open a script for a web server. */
static bool is_markup(struct bytes bytes)
{
    size_t start = text_start(bytes);
    if (bytes.size - start < 2 || bytes.at[start] != '<') {
        return false;
    }
    uint8_t next = bytes.at[start + 1];
    return is_declared(bytes) || (next != '?' && next != '%');
}

static bool fits_opening(struct bytes bytes, enum opening opening)
{
    switch (opening) {
    case ANY_OPENING:
        return true;
    case MARKUP:
        return is_markup(bytes);
    case DECLARED:
        return is_declared(bytes);
    }
    return false;
}

bool inspect_agree_knows(const char *extension)
{
    for (size_t at = 0; at < ARRAY_SIZE(acceptances); at++) {
        if (fits_extension(extension, acceptances[at].extension)) {
            return true;
        }
    }
    return false;
}

bool inspect_agree(const struct inspect_content *content, const char *media_type)
{
    for (size_t at = 0; at < ARRAY_SIZE(acceptances); at++) {
        const struct acceptance *row = &acceptances[at];
        if (fits_extension(content->extension, row->extension) &&
            fits_type(media_type, row->media_type) &&
            fits_opening(content->bytes, row->opening)) {
            return true;
        }
    }
    return !inspect_agree_knows(content->extension);
}
