/* Where something stands in a text file. */
#ifndef ONUS_POSITION_H
#define ONUS_POSITION_H

typedef struct file_position {
    unsigned line, column; /* from 1, in characters; 0: not from a file */
} file_position;

/* What is to be underlined. */
typedef struct file_span {
    file_position at;
    unsigned length; /* characters; 0: unknown */
} file_span;

#endif
