/*
 * What is found in PDFs, plain and disguised.
 */
#include "support/inspect_files.h"

#include <qpdf/qpdf-c.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <zlib.h>

#include "base/sanitize.h"
#include "hooks/inspect/inspect.h"

static finding_set look(struct bytes pdf)
{
    struct inspection inspection = {0};
    inspect_pdf(pdf, &inspection);
    return inspection.findings;
}

static void expect(finding_set found, finding_set expected, const char *why)
{
    if (found != expected) {
        for (unsigned at = 0; at < FINDING_COUNT; at++) {
            if (found & finding_bit((enum finding)at)) {
                print_message("found %s\n", finding_code((enum finding)at));
            }
        }
        fail_msg("%s", why);
    }
}

struct page_row {
    const char *catalogue;
    const char *object; /* number 4 */
    finding_set expected;
    const char *why;
};

#define SCRIPT ((finding_set)1 << FINDING_PDF_SCRIPT)
#define LAUNCH ((finding_set)1 << FINDING_PDF_LAUNCH)
#define EMBEDDED ((finding_set)1 << FINDING_PDF_EMBEDDED)
#define XFA ((finding_set)1 << FINDING_PDF_XFA)
#define DAMAGED ((finding_set)1 << FINDING_PDF_DAMAGED)
#define REPAIRED ((finding_set)1 << FINDING_PDF_REPAIRED)
#define UNSEEN ((finding_set)1 << FINDING_NOT_INSPECTED)

static const struct page_row page_rows[] = {
    {"", "<<>>", 0, "an empty page"},
    {"/OpenAction 4 0 R", "<</S/JavaScript/JS(app.alert(1))>>", SCRIPT,
     "a script at opening"},
    {"/OpenAction 4 0 R", "<</S/#4aava#53cript/#4a#53(x)>>", SCRIPT,
     "names with escapes"},
    {"/OpenAction<</S/JavaScript/JS(x)>>", "<<>>", SCRIPT, "inside the catalogue"},
    {"", "<</S/JavaScript/JS(x)>>", SCRIPT, "an object that nobody refers to"},
    {"/X[[[<</A<</JS(x)>>>>]]]", "<<>>", SCRIPT, "deep inside"},
    {"/OpenAction<</S/Rendition/JS 4 0 R>>", "<</Length 1>>stream\nx\nendstream", SCRIPT,
     "a script in a stream"},
    {"", "<</Type/Font/JS 2 0 R>>", 0, "a resource that is called JS"},
    {"", "<</JS null/S/GoTo>>", 0, "no script there"},
    {"", "(/JavaScript /JS /Launch)", 0, "words in a text"},
    {"/OpenAction 4 0 R", "<</S/Launch/F(cmd.exe)>>", LAUNCH, "starts a program"},
    {"", "<</S/JavaScript/Next<</S/Launch>>>>", SCRIPT | LAUNCH,
     "two actions in a chain"},
    {"/Names<</EmbeddedFiles<</Names[(a)4 0 R]>>>>", "<</Type/Filespec>>", EMBEDDED,
     "a file in the name tree"},
    {"/Names<</EmbeddedFiles<</Kids[4 0 R]>>>>", "<<>>", EMBEDDED,
     "a tree with branches"},
    {"/Names<</EmbeddedFiles<</Names[]>>>>", "<<>>", 0, "a tree with nothing in it"},
    {"", "<</Type/Filespec/EF<</F 3 0 R>>>>", EMBEDDED, "a file of an annotation"},
    {"/AcroForm<</XFA[(a)4 0 R]>>", "<<>>", XFA, "a form in parts"},
    {"/AcroForm<</XFA 4 0 R>>", "<</Length 0>>stream\n\nendstream", XFA, "a form"},
    {"/AcroForm<</Fields[]>>", "<<>>", 0, "a form of the old kind"},
};

static void inspect_pdf_tells_what_a_page_carries(void **state)
{
    (void)state;
    for (size_t at = 0; at < ARRAY_SIZE(page_rows); at++) {
        struct pdf_maker maker;
        pdf_start_page(&maker, page_rows[at].catalogue);
        pdf_object(&maker, 4, page_rows[at].object);
        expect(look(pdf_finish(&maker)), page_rows[at].expected, page_rows[at].why);
        buf_done(&maker.buf);
    }
}

static void inspect_pdf_other_generation_is_seen(void **state)
{
    (void)state;
    struct pdf_maker maker;
    pdf_start_page(&maker, "/OpenAction 4 7 R");
    pdf_begin_object(&maker, 4, 7);
    buf_printf(&maker.buf, "<</S/JavaScript/JS(x)>>\nendobj\n");
    expect(look(pdf_finish(&maker)), SCRIPT, "generation 7");
    buf_done(&maker.buf);
}

static void inspect_pdf_object_beyond_size_is_seen(void **state)
{
    (void)state;
    struct pdf_maker maker;
    pdf_start_page(&maker, "/OpenAction 9 0 R");
    pdf_object(&maker, 9, "<</S/JavaScript/JS(x)>>");
    struct bytes pdf = pdf_finish(&maker);
    AUTO_FREE char *lie = malloc(pdf.size);
    assert_non_null(lie);
    memcpy(lie, pdf.at, pdf.size);
    char *size = memmem(lie, pdf.size, "/Size 10", 8);
    assert_non_null(size);
    memcpy(size, "/Size  4", 8);
    finding_set found = look((struct bytes){(uint8_t *)lie, pdf.size});
    assert_true(found & SCRIPT);
    buf_done(&maker.buf);
}

/* ---- what libqpdf writes ------------------------------------------------------------- */

struct written {
    qpdf_data pdf;
    struct bytes bytes;
};

static struct written open_to_write(struct bytes source)
{
    struct written out = {.pdf = qpdf_init()};
    qpdf_silence_errors(out.pdf);
    assert_int_equal(
        qpdf_read_memory(out.pdf, "t", (const char *)source.at, source.size, NULL), 0);
    assert_int_equal(qpdf_init_write_memory(out.pdf), 0);
    return out;
}

static void write_out(struct written *out)
{
    assert_int_equal(qpdf_write(out->pdf), 0);
    out->bytes =
        (struct bytes){qpdf_get_buffer(out->pdf), qpdf_get_buffer_length(out->pdf)};
}

static void inspect_pdf_script_in_object_stream_is_seen(void **state)
{
    (void)state;
    struct pdf_maker maker;
    pdf_start_page(&maker, "/OpenAction 4 0 R");
    pdf_object(&maker, 4, "<</S/JavaScript/JS(app.alert(1))>>");
    struct written out = open_to_write(pdf_finish(&maker));
    qpdf_set_object_stream_mode(out.pdf, qpdf_o_generate);
    write_out(&out);
    assert_null(memmem(out.bytes.at, out.bytes.size, "JavaScript", 10));
    expect(look(out.bytes), SCRIPT, "compressed");
    qpdf_cleanup(&out.pdf);
    buf_done(&maker.buf);
}

static finding_set look_encrypted(const char *user_password, const char *catalogue)
{
    struct pdf_maker maker;
    pdf_start_page(&maker, catalogue);
    struct written out = open_to_write(pdf_finish(&maker));
    qpdf_set_r6_encryption_parameters2(out.pdf, user_password, "owner", 1, 1, 1, 1, 1, 1,
                                       qpdf_r3p_full, 1);
    write_out(&out);
    finding_set found = look(out.bytes);
    qpdf_cleanup(&out.pdf);
    buf_done(&maker.buf);
    return found;
}

static void inspect_pdf_encryption_is_told_from_password(void **state)
{
    (void)state;
    expect(look_encrypted("", ""), finding_bit(FINDING_PDF_ENCRYPTED), "owner password");
    expect(look_encrypted("secret", ""), finding_bit(FINDING_PDF_PASSWORD),
           "user password");
    expect(look_encrypted("", "/OpenAction<</S/JavaScript/JS(x)>>"),
           finding_bit(FINDING_PDF_ENCRYPTED) | SCRIPT, "what can be read is looked at");
}

/* ---- damage -------------------------------------------------------------------------- */

static void inspect_pdf_broken_table_is_repaired(void **state)
{
    (void)state;
    struct pdf_maker maker;
    pdf_start_page(&maker, "");
    struct bytes pdf = pdf_finish(&maker);
    /* The end with startxref is lost. */
    expect(look((struct bytes){pdf.at, pdf.size - 12}), REPAIRED, "no startxref");
    buf_done(&maker.buf);
}

static void inspect_pdf_words_count_in_a_repaired_file(void **state)
{
    (void)state;
    struct pdf_maker maker;
    pdf_start_page(&maker, "/LaunchPad 1");
    buf_printf(&maker.buf, "%% /Encrypt 9 0 R\n");
    struct bytes pdf = pdf_finish(&maker);
    expect(look(pdf), 0, "a comment in a sound file");
    expect(look((struct bytes){pdf.at, pdf.size - 12}),
           REPAIRED | finding_bit(FINDING_PDF_ENCRYPTED), "where the table was guessed");
    buf_done(&maker.buf);
}

static void inspect_pdf_that_cannot_be_read_is_damaged(void **state)
{
    (void)state;
    static const char *const files[] = {
        "%PDF-1.4\nMZ\x90 and nothing that a reader knows",
        "%PDF-1.4\n",
        "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R/Size 2>>\n",
    };
    for (size_t at = 0; at < ARRAY_SIZE(files); at++) {
        finding_set found = look(bytes_of_text(files[at]));
        if (!(found & DAMAGED)) {
            fail_msg("%s", files[at]);
        }
    }
}

static void inspect_pdf_without_pages_is_damaged(void **state)
{
    (void)state;
    struct pdf_maker maker;
    pdf_start(&maker);
    pdf_object(&maker, 1, "<</Type/Catalog/Pages 2 0 R>>");
    pdf_object(&maker, 2, "<</Type/Pages/Kids[]/Count 0>>");
    expect(look(pdf_finish(&maker)), DAMAGED, "no pages");
    buf_done(&maker.buf);
}

/* A stream with one object, a script, that unpacks to so many MiB. */
static void put_bomb(struct pdf_maker *maker, int chunks)
{
    enum { CHUNK = 1 << 20 };
    static uint8_t spaces[CHUNK];
    static uint8_t packed[4 << 20];
    memset(spaces, ' ', sizeof spaces);
    memcpy(spaces, "5 0 <</S/JavaScript/JS(x)>>", 27);
    z_stream stream = {.next_out = packed, .avail_out = sizeof packed};
    assert_int_equal(deflateInit(&stream, 1), Z_OK);
    for (int chunk = 0; chunk < chunks; chunk++) {
        stream.next_in = spaces;
        stream.avail_in = CHUNK;
        assert_int_equal(deflate(&stream, chunk + 1 < chunks ? Z_NO_FLUSH : Z_FINISH),
                         chunk + 1 < chunks ? Z_OK : Z_STREAM_END);
        memset(spaces, ' ', 32);
    }
    pdf_begin_object(maker, 4, 0);
    buf_printf(&maker->buf,
               "<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %lu>>stream\n",
               stream.total_out);
    buf_put(&maker->buf, packed, stream.total_out);
    buf_printf(&maker->buf, "\nendstream\nendobj\n");
    deflateEnd(&stream);
}

/* A cross-reference stream without compression: object 5 lies in stream 4. */
static struct bytes finish_with_stream(struct pdf_maker *maker)
{
    size_t table = buf_size(&maker->buf);
    maker->offsets[6] = table;
    buf_printf(&maker->buf, "6 0 obj\n<</Type/XRef/Size 7/W[1 4 2]/Root 1 0 R/Length 49>>"
                            "stream\n");
    for (unsigned id = 0; id < 7; id++) {
        buf_put_u8(&maker->buf, id == 0 ? 0 : id == 5 ? 2 : 1);
        buf_put_u32(&maker->buf, id == 5 ? 4 : (uint32_t)maker->offsets[id]);
        buf_put_u16(&maker->buf, 0);
    }
    buf_printf(&maker->buf, "\nendstream\nendobj\nstartxref\n%zu\n%%%%EOF\n", table);
    assert_false(maker->buf.failed);
    return buf_view(&maker->buf);
}

static void inspect_pdf_large_object_stream_is_unpacked(void **state)
{
    (void)state;
    struct pdf_maker maker;
    pdf_start_page(&maker, "/OpenAction 5 0 R");
    put_bomb(&maker, 2);
    expect(look(finish_with_stream(&maker)), SCRIPT, "the bomb's powder");
    buf_done(&maker.buf);
}

static void inspect_pdf_bomb_is_not_inspected_never_clean(void **state)
{
    (void)state;
    if (BUILT_WITH_ASAN) {
        return; /* which needs the address space itself */
    }
    struct pdf_maker maker;
    pdf_start_page(&maker, "/OpenAction 5 0 R");
    put_bomb(&maker, 400);
    struct bytes pdf = finish_with_stream(&maker);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit memory = {256 << 20, 256 << 20};
        setrlimit(RLIMIT_AS, &memory);
        _exit(look(pdf) & UNSEEN ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    buf_done(&maker.buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inspect_pdf_tells_what_a_page_carries),
        cmocka_unit_test(inspect_pdf_other_generation_is_seen),
        cmocka_unit_test(inspect_pdf_object_beyond_size_is_seen),
        cmocka_unit_test(inspect_pdf_script_in_object_stream_is_seen),
        cmocka_unit_test(inspect_pdf_encryption_is_told_from_password),
        cmocka_unit_test(inspect_pdf_broken_table_is_repaired),
        cmocka_unit_test(inspect_pdf_words_count_in_a_repaired_file),
        cmocka_unit_test(inspect_pdf_that_cannot_be_read_is_damaged),
        cmocka_unit_test(inspect_pdf_without_pages_is_damaged),
        cmocka_unit_test(inspect_pdf_large_object_stream_is_unpacked),
        cmocka_unit_test(inspect_pdf_bomb_is_not_inspected_never_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
