/* The name and command line a process shows in ps(1), for forks that never exec. */
#ifndef BASE_TITLE_H
#define BASE_TITLE_H

/* Remembers where the kernel keeps argv and moves the environment out of the way. Call first thing in main. */
void title_init(int argc, char **argv);

/* Sets comm (cut to 15 bytes) and the whole command line of the calling process. */
void title_set(const char *title);

#endif
