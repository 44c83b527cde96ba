/*
 * One client connection at the gate, from its first question to its login or its end.
 */
#ifndef GARITA_AUTH_VISITOR_H
#define GARITA_AUTH_VISITOR_H

#include "auth/gate.h"

/* A connection's channel, as role_peer announced it. */
void visitor_add(struct gate *gate, const struct role_peer *peer, int take_channel);

/* The supervisor's word on an address that a session told. */
void visitor_admitted(struct gate *gate, const struct connection_admitted *admitted);

/* keys named a session identifier. False: the connection is not known yet. */
bool visitor_identify(struct gate *gate, const struct identity *identity);

/* Ends all of them. Tries that are with the workers are forgotten. */
void visitors_drop(struct gate *gate);

#endif
