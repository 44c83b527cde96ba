/*
 * Documents for the bench. Noise in few and large streams, as scans have them: nothing that
 * compresses, nothing that is told apart by a cache.
 */
#include "bench/load.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STREAM_MAX = 32 * 1024 * 1024,
    IMAGES_MAX = 1024,
    FIRST_IMAGE = 4,
    SERIAL_AT = 18
};

struct pdf {
    char *bytes;
    size_t size;
    size_t used;
    size_t offsets[FIRST_IMAGE + IMAGES_MAX];
    unsigned objects;
};

static void put(struct pdf *pdf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct pdf *pdf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length =
        vsnprintf(pdf->bytes + pdf->used, pdf->size - pdf->used, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= pdf->size - pdf->used) {
        load_fail("a PDF of %zu bytes has no room for itself", pdf->size);
    }
    pdf->used += (size_t)length;
}

static void put_noise(struct pdf *pdf, size_t size)
{
    uint64_t state = 0x9e3779b97f4a7c15u + pdf->used;
    for (size_t at = 0; at < size; at += sizeof state) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        size_t rest = size - at < sizeof state ? size - at : sizeof state;
        memcpy(pdf->bytes + pdf->used + at, &state, rest);
    }
    pdf->used += size;
}

static void put_object(struct pdf *pdf)
{
    pdf->offsets[++pdf->objects] = pdf->used;
    put(pdf, "%u 0 obj\n", pdf->objects);
}

static void put_image(struct pdf *pdf, size_t size)
{
    put_object(pdf);
    put(pdf,
        "<< /Type /XObject /Subtype /Image /Width %zu /Height 1 /ColorSpace /DeviceGray"
        " /BitsPerComponent 8 /Length %zu >>\nstream\n",
        size, size);
    put_noise(pdf, size);
    put(pdf, "\nendstream\nendobj\n");
}

/* The end has fixed width, so that the images can be given what is left before it. */
static size_t end_size(unsigned objects)
{
    return 512 + 20 * (size_t)(objects + 2);
}

static void put_end(struct pdf *pdf)
{
    /* A comment fills up what is left; the end's own length does not depend on it. */
    char tail[128];
    size_t table_size = 20 * (size_t)(pdf->objects + 1);
    for (int pass = 0;; pass++) {
        char head[32];
        int head_size = snprintf(head, sizeof head, "xref\n0 %u\n", pdf->objects + 1);
        size_t table = pdf->used;
        int tail_size =
            snprintf(tail, sizeof tail,
                     "trailer\n<< /Size %u /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n",
                     pdf->objects + 1, table);
        size_t needed = (size_t)head_size + table_size + (size_t)tail_size;
        size_t left = pdf->size - pdf->used - 1;
        if (pass > 0 || left <= needed + 2) {
            break;
        }
        size_t filler = left - needed;
        pdf->bytes[pdf->used] = '%';
        memset(pdf->bytes + pdf->used + 1, ' ', filler - 2);
        pdf->bytes[pdf->used + filler - 1] = '\n';
        pdf->used += filler;
    }
    put(pdf, "xref\n0 %u\n0000000000 65535 f \n", pdf->objects + 1);
    for (unsigned number = 1; number <= pdf->objects; number++) {
        put(pdf, "%010zu 00000 n \n", pdf->offsets[number]);
    }
    put(pdf, "%s", tail);
}

uint8_t *load_pdf(size_t size, uint64_t serial)
{
    struct pdf *pdf = calloc(1, sizeof *pdf);
    if (!pdf || size < LOAD_PDF_LEAST || !(pdf->bytes = malloc(size + 1))) {
        load_fail("no PDF of %zu bytes", size);
    }
    pdf->size = size + 1; /* snprintf()'s NUL */
    put(pdf, "%%PDF-1.4\n%%serial: %016llx\n", (unsigned long long)serial);
    put_object(pdf);
    put(pdf, "<< /Type /Catalog /Pages 2 0 R >>\nendobj\n");
    put_object(pdf);
    put(pdf, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n");
    put_object(pdf);
    put(pdf, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792]"
             " /Resources << /XObject << /I 4 0 R >> >> >>\nendobj\n");
    for (;;) {
        size_t kept = end_size(pdf->objects + 1) + 256;
        size_t left = size - pdf->used;
        if (left <= kept + 64) {
            break;
        }
        put_image(pdf, left - kept < STREAM_MAX ? left - kept : STREAM_MAX);
    }
    put_end(pdf);
    if (pdf->used != size) {
        load_fail("a PDF of %zu bytes came out as %zu", size, pdf->used);
    }
    uint8_t *bytes = (uint8_t *)pdf->bytes;
    free(pdf);
    return bytes;
}

void load_pdf_renumber(uint8_t *pdf, uint64_t serial)
{
    char text[17];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)serial);
    memcpy(&pdf[SERIAL_AT], text, 16);
}
