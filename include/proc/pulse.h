/* Has any process begun or ended since I last asked? Answered for a few microseconds, whatever their number.
 *
 * /proc/loadavg ends in "RUNNING/THREADS LASTPID". LASTPID moves with every fork in our pid namespace and all below it,
 * for each of those takes a number in ours too; THREADS moves when a process is waited for. What stays unseen: an
 * execve, and the end of one process balanced by the start of another in a namespace beside ours. proc_loadavg(5) */
#ifndef PROC_PULSE_H
#define PROC_PULSE_H

#include <stdbool.h>

struct pulse {
    unsigned threads, last_pid;
};

/* Stores the present pulse and tells whether it moved. Where there is none to feel (loadavg is missing, or a FUSE file
 * of lxcfs), it always has. */
bool pulse_moved(struct pulse *p);

#endif
