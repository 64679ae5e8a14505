/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - two blanks between columns, none at the end of a line. */
#include "table.h"

#include "ctl.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define GAP 2
#define LEAST 8 /* columns that a cut text keeps */

struct column {
    const char *name;
    int to_right;
};

struct table {
    struct ov_arena *arena;
    uint32_t n_columns;
    struct column *columns;
    const char **cells;
    size_t n_cells, room;
};

struct table *table_new(struct ov_arena *arena, uint32_t n_columns)
{
    struct table *table = need(ov_arena_take(arena, sizeof(*table)));

    *table = (struct table){ .arena = arena, .n_columns = n_columns };
    table->columns = need(ov_arena_take(arena, n_columns * sizeof(*table->columns)));
    return table;
}

static const char *copy_tame(struct table *table, const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = memcpy(need(ov_arena_take(table->arena, n)), text, n);

    text_tame(copy);
    return copy;
}

void table_head(struct table *table, uint32_t column, const char *name, int to_right)
{
    table->columns[column] = (struct column){ copy_tame(table, name), to_right };
}

void table_add(struct table *table, const char *text)
{
    if (table->n_cells == table->room) {
        size_t room = 2 * table->room + 64;
        const char **grown = need(ov_arena_take(table->arena, room * sizeof(*grown)));

        if (table->n_cells > 0)
            memcpy(grown, table->cells, table->n_cells * sizeof(*grown));
        table->cells = grown;
        table->room = room;
    }
    table->cells[table->n_cells++] = copy_tame(table, text);
}

static void measure(const struct table *table, size_t *widths)
{
    for (uint32_t i = 0; i < table->n_columns; i++)
        widths[i] = text_width(table->columns[i].name);
    for (size_t i = 0; i < table->n_cells; i++) {
        size_t width = text_width(table->cells[i]);

        if (width > widths[i % table->n_columns])
            widths[i % table->n_columns] = width;
    }
}

static size_t sum(const size_t *widths, uint32_t n)
{
    size_t total = n > 0 ? (n - 1) * (size_t)GAP : 0;

    for (uint32_t i = 0; i < n; i++)
        total += widths[i];
    return total;
}

/* Take from the widest, down to the next widest. Returns how many columns are shown. */
static uint32_t fit(size_t *widths, uint32_t n, size_t room)
{
    while (n > 1 && sum(widths, n) > room) {
        size_t most = 0, excess = sum(widths, n) - room;
        uint32_t widest = 0;

        for (uint32_t i = 0; i < n; i++)
            if (widths[i] > most) {
                most = widths[i];
                widest = i;
            }
        if (most <= LEAST) {
            n--;
            continue;
        }
        widths[widest] -= excess > 64 && most > 256 ? most / 4 : 1;
    }
    if (n == 1 && widths[0] > room)
        widths[0] = room;
    return n;
}

/* Blanks wait until something follows them. */
struct line {
    FILE *file;
    size_t blanks;
};

static void print_text(struct line *line, const char *text, size_t n)
{
    if (n == 0)
        return;
    fprintf(line->file, "%*s", (int)line->blanks, "");
    line->blanks = 0;
    fwrite(text, 1, n, line->file);
}

static void print_cell(struct line *line, const char *text, size_t width, int to_right)
{
    static const char ellipsis[] = "\xE2\x80\xA6";
    size_t taken, n = text_front(text, width, &taken), cut = 0;

    if (text[n] != '\0') {
        n = text_front(text, width - 1, &taken);
        cut = strlen(ellipsis);
        taken++;
    }
    if (to_right)
        line->blanks += width - taken;
    print_text(line, text, n);
    print_text(line, ellipsis, cut);
    if (!to_right)
        line->blanks += width - taken;
    line->blanks += GAP;
}

static void end_line(struct line *line)
{
    fputc('\n', line->file);
    line->blanks = 0;
}

void table_print(const struct table *table, FILE *file, int width, int colour)
{
    size_t *widths = need(ov_arena_take(table->arena, table->n_columns * sizeof(size_t)));
    uint32_t n = table->n_columns;
    struct line line = { file, 0 };

    measure(table, widths);
    if (width > 0)
        n = fit(widths, n, (size_t)width);
    fputs(colour ? "\033[1m" : "", file);
    for (uint32_t i = 0; i < n; i++)
        print_cell(&line, table->columns[i].name, widths[i], table->columns[i].to_right);
    fputs(colour ? "\033[0m" : "", file);
    end_line(&line);
    for (size_t i = 0; i < table->n_cells; i++) {
        uint32_t column = (uint32_t)(i % table->n_columns);

        if (column < n)
            print_cell(&line, table->cells[i], widths[column],
                       table->columns[column].to_right);
        if (column + 1 == table->n_columns)
            end_line(&line);
    }
    if (n < table->n_columns)
        fprintf(file, "(%u more columns: choose with --fields, or --json)\n",
                (unsigned int)(table->n_columns - n));
}
