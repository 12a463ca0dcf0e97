/*
 * yaml_value.h - one scalar of a YAML file as text, number, date or name, with the fault named when it is none.
 *
 *   units    as yaml.h
 *   memory   texts live in the arena of the faults
 *   errors   false, and a fault on the list
 *   threads  as yaml.h
 */
#ifndef PALISADE_POLICY_YAML_VALUE_H
#define PALISADE_POLICY_YAML_VALUE_H

#include "palisade/yaml.h"

/* Text, name, path, digest or one of the values: as text. */
bool yaml_value_text(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f,
		     const char **ret_text);
bool yaml_value_enum(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f,
		     unsigned int *ret_index);
bool yaml_value_bool(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f,
		     bool *ret_yes);
bool yaml_value_int(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f,
		    int64_t *ret_number);
bool yaml_value_real(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f,
		     double *ret_number);
bool yaml_value_date(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f,
		     uint64_t *ret_ms);

/* "path: expected a path, found a list"; and for what should be a list, "inputs: expected a list of names, found ...".
 */
void yaml_value_wrong_list(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f);
void yaml_value_wrong(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f);

#endif
