/* SPDX-License-Identifier: Apache-2.0 */
/* geo.c - places as "lon,lat" in degrees. */
#include "internal.h"

#include <math.h>
#include <string.h>

int32_t ov_geo_parse(struct ov_str text, double lon_lat[2], struct ov_error *err)
{
    const char *comma = text.n == 0 ? NULL : memchr(text.p, ',', (size_t)text.n);
    struct ov_str lon, lat;
    double place[2];

    if (comma == NULL)
        goto fail;
    lon = (struct ov_str){ text.p, (uint64_t)(comma - text.p) };
    lat = (struct ov_str){ comma + 1, text.n - lon.n - 1 };
    if (ov_double_parse(text_trim(lon), &place[0]) != OV_OK ||
        ov_double_parse(text_trim(lat), &place[1]) != OV_OK)
        goto fail;
    if (fabs(place[0]) > 180 || fabs(place[1]) > 90)
        return ov_fail(err, OV_INVALID, "place '%.*s' is not within -180..180, -90..90",
                       (int)(text.n < 80 ? text.n : 80), text.p);
    memcpy(lon_lat, place, sizeof(place));
    return OV_OK;
fail:
    return ov_fail(err, OV_INVALID, "'%.*s' is not \"longitude,latitude\"",
                   (int)(text.n < 80 ? text.n : 80), text.n == 0 ? "" : text.p);
}

uint64_t ov_geo_print(const double lon_lat[2], char buffer[OV_GEO_TEXT])
{
    uint64_t n = ov_double_print(lon_lat[0], buffer);

    buffer[n++] = ',';
    return n + ov_double_print(lon_lat[1], buffer + n);
}
