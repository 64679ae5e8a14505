/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random.c - splitmix64 (Steele, Lea, Flood, OOPSLA 2014): a seed is a sequence.
 */
#include "generate.h"

uint64_t g_next(struct world *world)
{
    uint64_t z = world->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

int g_below(struct world *world, int n)
{
    return (int)(g_next(world) % (uint64_t)n);
}

int g_chance(struct world *world, int percent)
{
    return g_below(world, 100) < percent;
}

double g_real(struct world *world, double low, double high)
{
    return low + (high - low) * ((double)(g_next(world) >> 11) / 9007199254740992.0);
}
