/* SPDX-License-Identifier: MIT
 * Format specs and %-formatting, against what CPython writes. */
#include "vm/num/numfmt.h"

#include "tests/unit/vm/text_buf.h"

#include <math.h>

Suite *numfmt_suite(void);

static const char *const kinds[] = {"str", "int", "float", "complex"};

/* The digits of |signed_v| in the base. */
static size_t digits_of(char *out, long long signed_v, int base)
{
    unsigned long long v = signed_v < 0 ? -(unsigned long long)signed_v : (unsigned long long)signed_v;
    size_t n = 0;
    char text[80];
    do {
        text[sizeof text - ++n] = "0123456789abcdef"[v % (unsigned)base];
        v /= (unsigned)base;
    } while (v);
    memcpy(out, text + sizeof text - n, n);
    return n;
}

static void check_error(Buf *b, FormatKind kind, const char *spec, const char *message)
{
    FormatSpec f;
    FormatError e = format_parse(spec, strlen(spec), kind, &f);
    ck_assert_msg(e != FORMAT_OK, "%s", spec);
    format_error(b, e, &f, spec, strlen(spec), kinds[kind]);
    expect(b, message);
}

static void parse(const char *spec, FormatKind kind, FormatSpec *f)
{
    ck_assert_msg(format_parse(spec, strlen(spec), kind, f) == FORMAT_OK, "%s", spec);
}

static void check_int(Buf *b, long long v, const char *spec, const char *expected)
{
    FormatSpec f;
    char digits[80];
    parse(spec, FORMAT_INT, &f);
    int base = format_int_base(&f);
    if (base == 0)
        ck_assert(format_float(b, &f, (double)v) == FORMAT_OK);
    else if (base == 1)
        ck_assert(format_char(b, &f, v) == FORMAT_OK);
    else
        format_int(b, &f, digits, digits_of(digits, v, base), v < 0);
    expect(b, expected);
}

static void check_float(Buf *b, double x, const char *spec, const char *expected)
{
    FormatSpec f;
    parse(spec, FORMAT_FLOAT, &f);
    ck_assert(format_float(b, &f, x) == FORMAT_OK);
    expect(b, expected);
}

static void check_str(Buf *b, const char *text, const char *spec, const char *expected)
{
    FormatSpec f;
    parse(spec, FORMAT_STR, &f);
    format_str(b, &f, text, strlen(text));
    expect(b, expected);
}

START_TEST(integers)
{
    Buf b;
    buf_init(&b, &test_alloc);
    check_int(&b, 0, "", "0");
    check_int(&b, -12, "", "-12");
    check_int(&b, 42, "+", "+42");
    check_int(&b, 42, " ", " 42");
    check_int(&b, 42, "5", "   42");
    check_int(&b, 42, "<5", "42   ");
    check_int(&b, 42, "^5", " 42  ");
    check_int(&b, -42, "=5", "-  42");
    check_int(&b, -42, "05", "-0042");
    check_int(&b, -42, "<05", "-4200");
    check_int(&b, -42, "*<05", "-42**");
    check_int(&b, 42, "\xC3\xA9>4", "\xC3\xA9\xC3\xA9" "42");
    check_int(&b, 42, "\xE6\x97\xA5^5", "\xE6\x97\xA5" "42" "\xE6\x97\xA5\xE6\x97\xA5");
    check_int(&b, 255, "x", "ff");
    check_int(&b, 255, "a>6X", "aaaaFF");
    check_int(&b, 255, "#X", "0XFF");
    check_int(&b, -255, "#06x", "-0x0ff");
    check_int(&b, 255, "#_b", "0b1111_1111");
    check_int(&b, 8, "#o", "0o10");
    check_int(&b, 1234567, ",", "1,234,567");
    check_int(&b, 1234567, "_", "1_234_567");
    check_int(&b, 123456, ",d", "123,456");
    check_int(&b, 1, "010_x", "0_0000_0001");
    check_int(&b, 1, "#011_x", "0x0000_0001");
    check_int(&b, 1, "010,", "00,000,001");
    check_int(&b, 1, "011,", "000,000,001");
    check_int(&b, 1, "012,", "0,000,000,001");
    check_int(&b, 1, "013,", "0,000,000,001");
    check_int(&b, -1, "+,", "-1");
    check_int(&b, 65, "c", "A");
    check_int(&b, 233, "05c", "0000\xC3\xA9");
    check_int(&b, 1, "%", "100.000000%");
    check_int(&b, 3, "zf", "3.000000");
    check_int(&b, 12, "n", "12");
    buf_free(&b);
}
END_TEST

START_TEST(floats)
{
    Buf b;
    buf_init(&b, &test_alloc);
    check_float(&b, 1234.5, "", "1234.5");
    check_float(&b, 1.0, "", "1.0");
    check_float(&b, 1.0, "g", "1");
    check_float(&b, 1.0, "#", "1.0");
    check_float(&b, 1e22, "#", "1.e+22");
    check_float(&b, 1234.5, ".3", "1.23e+03");
    check_float(&b, 1234.0, ".4", "1.234e+03");
    check_float(&b, 1234.0, ".5", "1234.0");
    check_float(&b, 1234.5, ".0", "1e+03");
    check_float(&b, 0.0, ".0", "0e+00");
    check_float(&b, 1234.5, "010", "00001234.5");
    check_float(&b, 1234.5, "010,", "0,001,234.5");
    check_float(&b, 1234567.891, ",.2f", "1,234,567.89");
    check_float(&b, 1234.5, "_%", "123_450.000000%");
    check_float(&b, 1234.5, ",e", "1.234500e+03");
    check_float(&b, -1234.5, "*=+12", "-*****1234.5");
    check_float(&b, 2.5, ".0f", "2");
    check_float(&b, 2.5, "#.0f", "2.");
    check_float(&b, 0.125, ".2f", "0.12");
    check_float(&b, 0.5, ".0e", "5e-01");
    check_float(&b, 123.0, "E", "1.230000E+02");
    check_float(&b, 1e-7, "G", "1E-07");
    check_float(&b, 100000.0, "g", "100000");
    check_float(&b, 1000000.0, "g", "1e+06");
    check_float(&b, 1000000.0, "#g", "1.00000e+06");
    check_float(&b, 0.0001, "g", "0.0001");
    check_float(&b, 0.00001, "g", "1e-05");
    check_float(&b, 1e22, "f", "10000000000000000000000.000000");
    check_float(&b, 0.1, ".30f", "0.100000000000000005551115123126");
    check_float(&b, -0.0, "", "-0.0");
    check_float(&b, -0.0, "z", "0.0");
    check_float(&b, -0.001, "z.1f", "0.0");
    check_float(&b, -0.001, ".1f", "-0.0");
    check_float(&b, -0.001, "+z.2f", "+0.00");
    check_float(&b, INFINITY, "010,", "0000000inf");
    check_float(&b, -INFINITY, "F", "-INF");
    check_float(&b, (double)NAN, "+5", " +nan");
    check_float(&b, INFINITY, "%", "inf%");
    buf_free(&b);
}
END_TEST

START_TEST(long_floats)
{
    Buf b;
    FormatSpec f;
    buf_init(&b, &test_alloc);
    parse(".5000f", FORMAT_FLOAT, &f);
    ck_assert(format_float(&b, &f, 5e-324) == FORMAT_OK);
    ck_assert_uint_eq(b.len, 5002);
    ck_assert(memcmp(b.data + 325, "494065645841246544", 18) == 0);
    ck_assert(b.data[1075] == '5' && b.data[1076] == '0');
    b.len = 0;
    parse("020000,.2f", FORMAT_FLOAT, &f);
    ck_assert(format_float(&b, &f, 1e300) == FORMAT_OK);
    ck_assert(b.len == 20000 && b.data[0] == '0');
    b.len = 0;
    parse(".400g", FORMAT_FLOAT, &f);
    ck_assert(format_float(&b, &f, 1e300) == FORMAT_OK);
    ck_assert_uint_eq(b.len, 301);
    buf_free(&b);
}
END_TEST

static void check_complex(Buf *b, double re, double im, const char *spec, const char *expected)
{
    FormatSpec f;
    parse(spec, FORMAT_COMPLEX, &f);
    ck_assert(format_complex(b, &f, re, im) == FORMAT_OK);
    expect(b, expected);
}

START_TEST(complex_numbers)
{
    Buf b;
    buf_init(&b, &test_alloc);
    check_complex(&b, 1, 2, "", "(1+2j)");
    check_complex(&b, 1, 2, "10", "    (1+2j)");
    check_complex(&b, 1, 2, "^10", "  (1+2j)  ");
    check_complex(&b, 1, 2, "+.1f", "+1.0+2.0j");
    check_complex(&b, 1, 2, "#", "(1.+2.j)");
    check_complex(&b, 0, 1234567, ",", "1,234,567j");
    check_complex(&b, 0, 1234567, "*>25_.2f", "*******0.00+1_234_567.00j");
    check_complex(&b, -0.0, (double)NAN, "z", "(0+nanj)");
    complex_repr(&b, 0.0, 1.0);
    expect(&b, "1j");
    complex_repr(&b, -0.0, (double)NAN);
    expect(&b, "(-0+nanj)");
    complex_repr(&b, 1.5, -INFINITY);
    expect(&b, "(1.5-infj)");
    buf_free(&b);
}
END_TEST

START_TEST(strings)
{
    Buf b;
    buf_init(&b, &test_alloc);
    check_str(&b, "abc", "", "abc");
    check_str(&b, "abc", "6", "abc   ");
    check_str(&b, "abc", ">6s", "   abc");
    check_str(&b, "abc", "06", "abc000");
    check_str(&b, "abc", ".2", "ab");
    check_str(&b, "\xE6\x97\xA5\xC3\xA9x", "-^6.2", "--\xE6\x97\xA5\xC3\xA9--");
    check_str(&b, "\xC3\xA9", "3", "\xC3\xA9  ");
    check_str(&b, "abc", ".0", "");
    check_str(&b, "", "2", "  ");
    buf_free(&b);
}
END_TEST

START_TEST(errors)
{
    static const struct {
        FormatKind kind;
        const char *spec, *message;
    } cases[] = {
        {FORMAT_INT, "zd", "Negative zero coercion (z) not allowed in integer format specifier"},
        {FORMAT_INT, ".3", "Precision not allowed in integer format specifier"},
        {FORMAT_INT, ",x", "Cannot specify ',' with 'x'."},
        {FORMAT_INT, "_n", "Cannot specify '_' with 'n'."},
        {FORMAT_INT, ",,", "Cannot specify ',' with ','."},
        {FORMAT_INT, ",_", "Cannot specify both ',' and '_'."},
        {FORMAT_INT, "_,", "Cannot specify both ',' and '_'."},
        {FORMAT_INT, "+c", "Sign not allowed with integer format specifier 'c'"},
        {FORMAT_INT, "#c", "Alternate form (#) not allowed with integer format specifier 'c'"},
        {FORMAT_INT, "s", "Unknown format code 's' for object of type 'int'"},
        {FORMAT_INT, "\x01", "Unknown format code '\\x1' for object of type 'int'"},
        {FORMAT_INT, "5 ", "Unknown format code '\\x20' for object of type 'int'"},
        {FORMAT_INT, "\xC3\xA9", "Unknown format code '\\xe9' for object of type 'int'"},
        {FORMAT_INT, "d,", "Invalid format specifier 'd,' for object of type 'int'"},
        {FORMAT_INT, "+ d", "Invalid format specifier '+ d' for object of type 'int'"},
        {FORMAT_INT, "99999999999999999999d", "Too many decimal digits in format string"},
        {FORMAT_INT, ".99999999999f", "precision too big"},
        {FORMAT_INT, ".", "Format specifier missing precision"},
        {FORMAT_STR, "+", "Sign not allowed in string format specifier"},
        {FORMAT_STR, " ", "Space not allowed in string format specifier"},
        {FORMAT_STR, "z", "Negative zero coercion (z) not allowed in string format specifier"},
        {FORMAT_STR, "#", "Alternate form (#) not allowed in string format specifier"},
        {FORMAT_STR, "=5", "'=' alignment not allowed in string format specifier"},
        {FORMAT_STR, ",", "Cannot specify ',' with 's'."},
        {FORMAT_STR, "d", "Unknown format code 'd' for object of type 'str'"},
        {FORMAT_FLOAT, "d", "Unknown format code 'd' for object of type 'float'"},
        {FORMAT_FLOAT, ".2147483648", "precision too big"},
        {FORMAT_FLOAT, ".3_f", "Invalid format specifier '.3_f' for object of type 'float'"},
        {FORMAT_COMPLEX, "010", "Zero padding is not allowed in complex format specifier"},
        {FORMAT_COMPLEX, "=10", "'=' alignment flag is not allowed in complex format specifier"},
        {FORMAT_COMPLEX, "%", "Unknown format code '%' for object of type 'complex'"},
    };
    Buf b;
    buf_init(&b, &test_alloc);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_error(&b, cases[i].kind, cases[i].spec, cases[i].message);
    FormatSpec f;
    parse("c", FORMAT_INT, &f);
    ck_assert(format_char(&b, &f, -1) == FORMAT_CHAR_RANGE);
    ck_assert(format_char(&b, &f, 0x110000) == FORMAT_CHAR_RANGE);
    format_error(&b, FORMAT_CHAR_RANGE, &f, "c", 1, "int");
    expect(&b, "%c arg not in range(0x110000)");
    buf_free(&b);
}
END_TEST

/* One conversion with the argument it wants: d is an integer, f a float, s a text. */
static void check_percent(Buf *b, const char *format, long long v, double x, const char *text,
                          const char *expected)
{
    PercentSpec p;
    size_t pos = 1;
    char digits[80];
    ck_assert_msg(percent_parse(format, strlen(format), &pos, &p) == PERCENT_OK, "%s", format);
    ck_assert_uint_eq(pos, strlen(format));
    int base = percent_int_base(p.type);
    if (base)
        percent_int(b, &p, digits, digits_of(digits, v, base), v < 0);
    else if (p.type == 's')
        percent_str(b, &p, text, strlen(text));
    else if (p.type == 'c')
        percent_char(b, &p, (uint32_t)v);
    else
        percent_float(b, &p, x);
    expect(b, expected);
}

START_TEST(percent)
{
    Buf b;
    buf_init(&b, &test_alloc);
    check_percent(&b, "%d", -5, 0, "", "-5");
    check_percent(&b, "%5i", 42, 0, "", "   42");
    check_percent(&b, "%-5d", 42, 0, "", "42   ");
    check_percent(&b, "%-05d", 42, 0, "", "42   ");
    check_percent(&b, "%+05d", 42, 0, "", "+0042");
    check_percent(&b, "% d", 42, 0, "", " 42");
    check_percent(&b, "%.5ld", -42, 0, "", "-00042");
    check_percent(&b, "%#x", 255, 0, "", "0xff");
    check_percent(&b, "%#010X", -255, 0, "", "-0X00000FF");
    check_percent(&b, "%#o", 8, 0, "", "0o10");
    check_percent(&b, "%u", 7, 0, "", "7");
    check_percent(&b, "%+08.3f", 0, 3.14159, "", "+003.142");
    check_percent(&b, "%e", 0, 12345.678, "", "1.234568e+04");
    check_percent(&b, "%G", 0, 1e-10, "", "1E-10");
    check_percent(&b, "%.f", 0, 2.5, "", "2");
    check_percent(&b, "%08f", 0, -INFINITY, "", "-0000inf");
    check_percent(&b, "%6.2s", 0, 0, "\xC3\xA9tude", "    \xC3\xA9t");
    check_percent(&b, "%05s", 0, 0, "ab", "   ab");
    check_percent(&b, "%-3c", 233, 0, "", "\xC3\xA9  ");
    PercentSpec p;
    size_t pos = 3;
    static const char text[] = "x %(a(b)c)*.*y";
    ck_assert(percent_parse(text, sizeof text - 1, &pos, &p) == PERCENT_OK);
    ck_assert(p.key == text + 4 && p.key_len == 5 && p.width == PERCENT_STAR && p.precision == PERCENT_STAR);
    ck_assert(p.type == 'y' && p.type_at == 13 && pos == 14);
    percent_set_width(&p, -4);
    percent_set_precision(&p, -1);
    ck_assert(p.left && p.width == 4 && p.precision == 0);
    percent_set_precision(&p, 2);
    percent_bytes(&b, &p, "\xFF\xFE\xFD", 3);
    expect(&b, "\xFF\xFE  ");
    buf_free(&b);
}
END_TEST

START_TEST(percent_errors)
{
    static const struct {
        const char *format, *message;
    } cases[] = {
        {"%", "incomplete format"}, {"%5", "incomplete format"}, {"%.", "incomplete format"},
        {"%l", "incomplete format"}, {"%()", "incomplete format"}, {"%(abc", "incomplete format key"},
        {"%99999999999999999999d", "width too big"}, {"%.99999999999d", "precision too big"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        PercentSpec p;
        size_t pos = 1;
        PercentError e = percent_parse(cases[i].format, strlen(cases[i].format), &pos, &p);
        ck_assert_str_eq(percent_error(e), cases[i].message);
    }
}
END_TEST

/* Memory runs out at the n-th allocation, for every n: the buffer says so, nothing leaks. */
START_TEST(out_of_memory)
{
    FormatSpec f, g;
    PercentSpec p = {.width = 500, .precision = 400, .type = 'd'};
    parse("0300,.200f", FORMAT_FLOAT, &f);
    parse("*>300.50f", FORMAT_COMPLEX, &g);
    bool failed = true;
    for (int n = 0; failed; n++) {
        int left = n;
        Alloc alloc = {test_alloc_fn, &left};
        Buf b;
        buf_init(&b, &alloc);
        ck_assert(format_float(&b, &f, 1e100) == FORMAT_OK);
        ck_assert(format_complex(&b, &g, 1e100, 2) == FORMAT_OK);
        percent_int(&b, &p, "123", 3, true);
        failed = b.failed;
        ck_assert(failed || b.len == 335 + 300 + 500);
        buf_free(&b);
    }
    int none = 0;
    Alloc alloc = {test_alloc_fn, &none};
    Buf b;
    buf_init(&b, &alloc);
    parse("9223372036854775807", FORMAT_STR, &f);
    format_str(&b, &f, "x", 1);
    ck_assert(b.failed);
    buf_free(&b);
}
END_TEST

Suite *numfmt_suite(void)
{
    Suite *s = suite_create("vm/num/numfmt");
    TCase *t = tcase_create("formats");
    tcase_add_test(t, integers);
    tcase_add_test(t, floats);
    tcase_add_test(t, long_floats);
    tcase_add_test(t, complex_numbers);
    tcase_add_test(t, strings);
    tcase_add_test(t, errors);
    tcase_add_test(t, percent);
    tcase_add_test(t, percent_errors);
    tcase_add_test(t, out_of_memory);
    suite_add_tcase(s, t);
    return s;
}
