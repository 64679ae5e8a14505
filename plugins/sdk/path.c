/* SPDX-License-Identifier: Apache-2.0 */
/* path.c - canonical paths: "" for the root, else "/a/b". */
#include <ov/sdk.h>

#include <string.h>

uint64_t ov_path_canonical(struct ov_str text, char *buffer)
{
    uint64_t n = 0, i;
    int begun = 0;

    for (i = 0; i < text.n; i++) {
        if (text.p[i] == '/') {
            begun = 0;
            continue;
        }
        if (!begun)
            buffer[n++] = '/';
        begun = 1;
        buffer[n++] = text.p[i];
    }
    return n;
}

uint64_t ov_path_depth(struct ov_str path)
{
    uint64_t depth = 0, i;

    for (i = 0; i < path.n; i++)
        depth += path.p[i] == '/';
    return depth;
}

int ov_path_within(struct ov_str path, struct ov_str scope, int64_t levels)
{
    struct ov_str below;

    if (path.n < scope.n || (scope.n > 0 && memcmp(path.p, scope.p, scope.n) != 0))
        return 0;
    if (path.n == scope.n)
        return 1;
    if (path.p[scope.n] != '/')
        return 0;
    below = (struct ov_str){ path.p + scope.n, path.n - scope.n };
    return levels < 0 || ov_path_depth(below) <= (uint64_t)levels;
}
