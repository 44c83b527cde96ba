/*
 * Is the file a program, for any system that a client may have? An inspector's child. Own
 * look at the first bytes, because libmagic's details for programs are switched off and its
 * type depends on the database's version; the extension counts too, for that is what a
 * double click goes by.
 */
#include "hooks/inspect/inspect.h"

#include <string.h>

struct opening {
    const char *bytes;
    size_t size;
};

static const struct opening openings[] = {
    {"\x7f"
     "ELF",
     4},
    {"\xfe\xed\xfa\xce", 4}, /* Mach-O, either order and width */
    {"\xfe\xed\xfa\xcf", 4},
    {"\xce\xfa\xed\xfe", 4},
    {"\xcf\xfa\xed\xfe", 4},
    {"\xca\xfe\xba\xbe", 4},      /* Java class, Mach-O for several processors */
    {"dex\n", 4},                 /* Android */
    {"\0asm", 4},                 /* WebAssembly */
    {"L\0\0\0\x01\x14\x02\0", 8}, /* Windows shortcut */
    {"#!", 2},
    {"\xef\xbb\xbf#!", 5},
};

static const char *const extensions[] = {
    "exe", "com", "scr", "pif", "cpl",  "dll", "sys",    "ocx",   "msi",
    "msp", "bat", "cmd", "ps1", "psm1", "vbs", "vbe",    "js",    "jse",
    "wsf", "wsh", "hta", "lnk", "url",  "reg", "jar",    "class", "sh",
    "elf", "so",  "app", "apk", "chm",  "scf", "gadget",
};

static const char *const media_types[] = {
    "application/x-dosexec",
    "application/vnd.microsoft.portable-executable",
    "application/x-executable",
    "application/x-pie-executable",
    "application/x-sharedlib",
    "application/x-object",
    "application/x-mach-binary",
    "application/x-java-applet",
    "application/java-archive",
    "application/x-ms-shortcut",
    "application/x-msi",
    "text/x-shellscript",
    "text/x-msdos-batch",
    "text/x-perl",
    "text/x-python",
    "text/x-script.python",
    "application/vnd.android.package-archive",
};

static bool is_among(const char *text, const char *const *list, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        if (strcmp(text, list[at]) == 0) {
            return true;
        }
    }
    return false;
}

/* A DOS or Windows program: "MZ" and a header that is not text. */
static bool is_dos(struct bytes bytes)
{
    enum { HEADER = 64 };
    if (bytes.size < 2 || memcmp(bytes.at, "MZ", 2) != 0) {
        return false;
    }
    size_t header = bytes.size < HEADER ? bytes.size : HEADER;
    return memchr(bytes.at, '\0', header) != NULL;
}

static bool opens_as_program(struct bytes bytes)
{
    for (size_t at = 0; at < ARRAY_SIZE(openings); at++) {
        if (bytes.size >= openings[at].size &&
            memcmp(bytes.at, openings[at].bytes, openings[at].size) == 0) {
            return true;
        }
    }
    return is_dos(bytes);
}

bool inspect_program(const struct inspect_content *content, const char *media_type)
{
    return opens_as_program(content->bytes) ||
           is_among(content->extension, extensions, ARRAY_SIZE(extensions)) ||
           is_among(media_type, media_types, ARRAY_SIZE(media_types));
}
