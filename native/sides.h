#pragma once

#include "compiler_command.h"
#include "plan.h"

void add_side(struct plan *plan, struct side side);

/** @param temporary null when the compiler writes it under its own name */
void add_dependencies(struct plan *plan, const char *temporary, const char *target);

/** The files of one kind that are written under their own names, which are made of the target's. */
void add_in_place(struct plan *plan, const char *target, enum side_kind kind);

/** What options name is written in place: it may stand in another directory, and it may name the product. */
void add_named_outputs(struct plan *plan, const struct compiler_command *line);

/** All that a command writes beside its product when it runs as it is. */
void add_sides_in_place(struct plan *plan, const struct compiler_command *line, bool by_gcc);
