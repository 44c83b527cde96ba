/*
 * Files for the inspectors' tests, made on the spot: memory files, and PDFs with a true
 * cross-reference table, so that a finding comes from what the test put in and not from damage.
 */
#ifndef GARITA_TESTS_INSPECT_FILES_H
#define GARITA_TESTS_INSPECT_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fd.h"

enum { PDF_BYTES_MAX = 16 << 20, PDF_OBJECTS_MAX = 64 };

static inline int memory_file(struct bytes bytes)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(bytes.size == 0 || fd_write_all(fd, bytes.at, bytes.size, NULL));
    return fd;
}

struct pdf_maker {
    struct buf buf;
    size_t offsets[PDF_OBJECTS_MAX]; /* by number; 0: free */
    unsigned generations[PDF_OBJECTS_MAX];
    unsigned last;
};

static inline void pdf_start(struct pdf_maker *maker)
{
    memset(maker, 0, sizeof *maker);
    buf_init(&maker->buf, PDF_BYTES_MAX);
    buf_printf(&maker->buf, "%%PDF-1.7\n");
}

static inline void pdf_begin_object(struct pdf_maker *maker, unsigned id,
                                    unsigned generation)
{
    assert_true(id < PDF_OBJECTS_MAX);
    maker->offsets[id] = buf_size(&maker->buf);
    maker->generations[id] = generation;
    maker->last = id > maker->last ? id : maker->last;
    buf_printf(&maker->buf, "%u %u obj\n", id, generation);
}

static inline void pdf_object(struct pdf_maker *maker, unsigned id, const char *body)
{
    pdf_begin_object(maker, id, 0);
    buf_printf(&maker->buf, "%s\nendobj\n", body);
}

/* A catalogue (1) with these extra entries, and one empty page (2, 3). */
static inline void pdf_start_page(struct pdf_maker *maker, const char *catalogue_entries)
{
    pdf_start(maker);
    pdf_begin_object(maker, 1, 0);
    buf_printf(&maker->buf, "<</Type/Catalog/Pages 2 0 R %s>>\nendobj\n",
               catalogue_entries);
    pdf_object(maker, 2, "<</Type/Pages/Kids[3 0 R]/Count 1>>");
    pdf_object(maker, 3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>");
}

/* Table and trailer; the view lives until buf_done(). */
static inline struct bytes pdf_finish(struct pdf_maker *maker)
{
    size_t table = buf_size(&maker->buf);
    buf_printf(&maker->buf, "xref\n0 %u\n0000000000 65535 f \n", maker->last + 1);
    for (unsigned id = 1; id <= maker->last; id++) {
        bool used = maker->offsets[id] != 0;
        buf_printf(&maker->buf, "%010zu %05u %c \n", maker->offsets[id],
                   maker->generations[id], used ? 'n' : 'f');
    }
    buf_printf(&maker->buf, "trailer<</Size %u/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n",
               maker->last + 1, table);
    assert_false(maker->buf.failed);
    return buf_view(&maker->buf);
}

#endif
