/* A deep copy of a message with its incident, for those who keep it longer than the batch that made it. */
#ifndef ONUS_APP_MESSAGE_COPY_H
#define ONUS_APP_MESSAGE_COPY_H

#include "onus/message.h"

message message_copy(arena *a, const message *from);

#endif
