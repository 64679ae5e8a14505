/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answers.c - what the helper library answers, a line a question, for
 * compare_python.py: "time TEXT", "match HEX HEX", "double TEXT", "float TEXT".
 */
#include <ov/sdk.h>

#include <stdio.h>
#include <string.h>

static uint64_t unhex(const char *from, uint64_t n, char *to)
{
    uint64_t i;
    unsigned int byte;

    for (i = 0; i + 1 < n; i += 2) {
        sscanf(from + i, "%2x", &byte);
        to[i / 2] = (char)byte;
    }
    return n / 2;
}

static void answer_time(const char *text)
{
    int64_t micros;

    if (ov_time_parse(ov_str_of(text), &micros, NULL) != OV_OK)
        puts("refused");
    else
        printf("%lld\n", (long long)micros);
}

static void answer_match(const char *text)
{
    static char bytes[2][65536];
    const char *blank = strchr(text, ' ');
    struct ov_str pattern = { bytes[0], 0 }, subject = { bytes[1], 0 };
    struct ov_pattern *made;
    int32_t code;

    pattern.n = unhex(text, (uint64_t)(blank - text), bytes[0]);
    subject.n = unhex(blank + 1, strlen(blank + 1), bytes[1]);
    code = ov_pattern_new(pattern, &made, NULL, NULL);
    if (code != OV_OK) {
        puts(ov_status_name(code));
        return;
    }
    printf("%d\n", ov_pattern_match(made, subject));
    ov_pattern_free(made);
}

static void answer_number(const char *text, int narrow)
{
    char buffer[OV_NUMBER_TEXT];
    double value;
    uint64_t n;

    if (ov_double_parse(ov_str_of(text), &value) != OV_OK) {
        puts("refused");
        return;
    }
    n = narrow ? ov_float_print((float)value, buffer) : ov_double_print(value, buffer);
    printf("%.*s\n", (int)n, buffer);
}

int main(void)
{
    static char line[65536];

    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "time ", 5) == 0)
            answer_time(line + 5);
        else if (strncmp(line, "match ", 6) == 0)
            answer_match(line + 6);
        else if (strncmp(line, "double ", 7) == 0)
            answer_number(line + 7, 0);
        else if (strncmp(line, "float ", 6) == 0)
            answer_number(line + 6, 1);
        else
            puts("what?");
    }
    return 0;
}
