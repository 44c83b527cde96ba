/*
 * What garita-keys does when people start it: `create DIR` and `show DIR`.
 */
#ifndef GARITA_KEYS_TOOL_H
#define GARITA_KEYS_TOOL_H

/* Returns main's exit code: 0, 1 failed, 2 not understood. */
int tool_run(int argc, char **argv);

#endif
