/* SPDX-License-Identifier: Apache-2.0 */
/* The application's arguments out of the words that the kernel cut its command line into. */
#ifndef URUNC_URUNIT_ARGS_H
#define URUNC_URUNIT_ARGS_H

#include <stddef.h>

#include "urunit/text.h"

/*
 * Joins groups back together: a word that begins with ' or " and the words up to one that ends with
 * the same quote become one argument, with single blanks between them (the kernel has swallowed any
 * more) and without the two quotes. A word with both quotes loses them. One that is never closed takes all the rest;
 * a lone quote, and a quote inside a word are ordinary text. Nothing is ever dropped.
 * Appends char pointers to *out: 0 or -ENOMEM.
 */
int uargs_regroup(char *const *words, size_t n, struct uvec *out);

#endif
