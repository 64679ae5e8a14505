/* SPDX-License-Identifier: Apache-2.0 */
/*
 * narrow.c - filters on their way in.
 *
 * A filter that names a field which this handle does not know may be right: another
 * process may have added the field. The call is put in doubt, and looks again.
 */
#include "narrow.h"

#include <ov/sdk.h>

#include <string.h>

static int knows_fields(const struct schema *schema, const struct ov_doc *doc,
                        unsigned depth)
{
    uint64_t i;

    if (depth > 64)
        return 1;
    if (doc->kind == OV_DOC_LIST) {
        for (i = 0; i < doc->n; i++)
            if (!knows_fields(schema, doc->u.items[i], depth + 1))
                return 0;
    } else if (doc->kind == OV_DOC_OBJECT) {
        for (i = 0; i < doc->n; i++) {
            const struct ov_member *member = &doc->u.members[i];

            if (ov_str_equal(member->name, ov_str_of("field")) &&
                member->value->kind == OV_DOC_TEXT) {
                if (schema_find(schema, ov_doc_str(member->value)) == NULL)
                    return 0;
            } else if (!knows_fields(schema, member->value, depth + 1)) {
                return 0;
            }
        }
    }
    return 1;
}

int32_t narrow(struct call *call, const struct ov_doc *doc, struct filter *out)
{
    int32_t status;

    if (doc == NULL) {
        out->kind = FILTER_ALL;
        return OV_OK;
    }
    if (call_arena(call) == NULL)
        return OV_NO_SPACE;
    status = filter_compile(call->view->schema, doc, call->arena, out, call->err);
    if (status == OV_INVALID && !knows_fields(call->view->schema, doc, 0))
        call->doubt = 1;
    if (status == OV_OK && out->kind == FILTER_SOME)
        status = filter_served(out, call->store->ability.ops, call->store->provider->name,
                               call->err);
    return status;
}

const struct ov_filter *narrow_given(const struct filter *filter)
{
    return filter->kind == FILTER_SOME ? &filter->ov : NULL;
}

void narrow_say_empty(struct call *call)
{
    if ((call->ov.flags & OV_CALL_EXPLAIN) != 0)
        ov_say(&call->ov, OV_NOTE_PLAN, "strategy", NULL,
               "nothing can match: answered without the provider");
}

int32_t narrow_field(struct call *call, const char *name, const struct field **out)
{
    const struct field *field = schema_find(call->view->schema, ov_str_of(name));

    if (field == NULL) {
        call->doubt = 1;
        return ov_fail(call->err, OV_INVALID, "no field '%.*s' in collection '%s'",
                       CALL_TEXT(ov_str_of(name)), call->collection->name);
    }
    *out = field;
    return OV_OK;
}
