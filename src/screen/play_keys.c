/* The player's keys. */
#include "base/text.h"
#include "screen/play_private.h"
#include <stdio.h>

static void play_do_pause(struct play *p, int unused)
{
    player_pause(p->player, !player_paused(p->player));
    if (player_ended(p->player))
        snprintf(p->notice, sizeof p->notice, "this is the end: p goes back, g to the start, q quits");
}

static void play_do_frame(struct play *p, int unused)
{
    player_pause(p->player, true);
    if (!player_frame(p->player))
        snprintf(p->notice, sizeof p->notice, "this is the end: p goes back, g to the start, q quits");
}

static void play_do_jump(struct play *p, int by)
{
    if (!player_jump(p->player, by))
        snprintf(p->notice, sizeof p->notice, "there is no marker further on");
    p->repaint = true; /* it may be another terminal */
}

static void play_do_start(struct play *p, int unused)
{
    player_start(p->player);
    p->repaint = true;
}

static void play_do_speed(struct play *p, int by)
{
    player_set_speed(p->player, by > 0 ? player_speed(p->player) * 2 : player_speed(p->player) / 2);
}

static void play_do_rows(struct play *p, int by)
{
    p->top += by;
    p->moved = p->repaint = true;
}

static void play_do_help(struct play *p, int unused)
{
    p->help = !p->help;
}

static void play_do_repaint(struct play *p, int unused)
{
    frame_repaint(p->frame);
    p->repaint = true;
}

static void play_do_suspend(struct play *p, int unused)
{
    play_suspend(p);
}

static void play_do_quit(struct play *p, int unused)
{
    p->quit = true;
}

static const struct {
    enum key_id id;
    unsigned cp; /* K_CHAR */
    void (*run)(struct play *p, int arg);
    int arg;
} play_keys[] = {
    {K_CHAR, ' ', play_do_pause, 0},  {K_CHAR, '.', play_do_frame, 0},  {K_RIGHT, 0, play_do_jump, 1},
    {K_CHAR, 'n', play_do_jump, 1},   {K_LEFT, 0, play_do_jump, -1},    {K_CHAR, 'p', play_do_jump, -1},
    {K_CHAR, 'g', play_do_start, 0},  {K_HOME, 0, play_do_start, 0},    {K_CHAR, '+', play_do_speed, 1},
    {K_CHAR, '=', play_do_speed, 1},  {K_CHAR, '-', play_do_speed, -1}, {K_UP, 0, play_do_rows, -1},
    {K_DOWN, 0, play_do_rows, 1},     {K_CHAR, '?', play_do_help, 0},   {K_F1, 0, play_do_help, 0},
    {K_CHAR, 12, play_do_repaint, 0}, {K_CHAR, 'q', play_do_quit, 0},   {K_CHAR, 3, play_do_quit, 0},
    {K_CHAR, 26, play_do_suspend, 0},
};

void play_key(struct play *p, const struct key *key)
{
    p->notice[0] = '\0';
    if (key->id == K_UNKNOWN)
        return;
    p->told_until = now_ms() + PLAY_TOLD_MS;
    for (size_t i = 0; i < COUNT(play_keys); i++)
        if (play_keys[i].id == key->id && (key->id != K_CHAR || (play_keys[i].cp == key->cp && !key->mods))) {
            play_keys[i].run(p, play_keys[i].arg);
            play_touch(p);
            return;
        }
    snprintf(p->notice, sizeof p->notice, "space, n, p, + and - play, ? lists the keys, q quits");
    play_touch(p);
}
