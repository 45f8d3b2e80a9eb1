/* A process of an ordinary user that calls itself keepalived, with more children than the real one has. Whatever root
   makes it do stands in /run/OWNED; which signals it got, in the file of its first word. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int log_file = -1;

static void heard(int number)
{
    char text[] = "signal 00\n";
    text[7] += number / 10;
    text[8] += number % 10;
    if (write(log_file, text, sizeof text - 1) < 0) _exit(1);
}

/* Whether this is the machine's root, and not only that of a user namespace of its own. */
static int is_root(void)
{
    char text[128] = "";
    FILE *map = fopen("/proc/self/uid_map", "r");
    if (map) {
        if (!fgets(text, sizeof text, map)) text[0] = 0;
        fclose(map);
    }
    return geteuid() == 0 && strstr(text, "4294967295") != NULL;
}

int main(int count, char **words)
{
    if (is_root()) {
        FILE *file = fopen("/run/OWNED", "a");
        if (file) {
            for (int i = 0; i < count; i++) fprintf(file, " %s", words[i]);
            fprintf(file, "\n");
            fclose(file);
        }
        puts("12");
        return 0;
    }
    if (count > 1) log_file = open(words[1], O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (count > 2 && strcmp(words[2], "renamed") == 0) prctl(PR_SET_NAME, "keepalived");
    for (int number = 1; number < 65; number++)
        if (number != SIGCHLD) signal(number, heard);
    for (int i = 0; i < 4; i++)
        if (fork() == 0) break;
    for (;;) pause();
}
