/* SPDX-License-Identifier: Apache-2.0 */
/* program.c - load the module and let it commit the fault that is named. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    int (*commit)(const char *);
    void *module;

    if (argc != 3)
        return 2;
    module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (module == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    *(void **)&commit = dlsym(module, "ov_backend_get");
    if (commit == NULL)
        return 2;
    (void)commit(argv[2]);
    return 0;
}
