/* Stands for the tools of Windows that collect.cmd calls, under whatever name: notes how it
   was called in %STUBS%\called.txt, prints %STUBS%\CALL.txt and ends with the code in
   %STUBS%\CALL.code, where CALL is the command with _ for all but letters and digits. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    char call[1024] = "", path[2048];
    const char *dir = getenv("STUBS"), *base = strrchr(argv[0], '\\');
    int c, code = 0;
    FILE *f;
    strncat(call, base ? base + 1 : argv[0], 60);
    if (strchr(call, '.')) *strchr(call, '.') = 0;
    for (int i = 1; i < argc; i++) {
        strncat(call, " ", sizeof call - strlen(call) - 1);
        strncat(call, argv[i], sizeof call - strlen(call) - 1);
    }
    snprintf(path, sizeof path, "%s\\called.txt", dir);
    if ((f = fopen(path, "ab"))) {
        fprintf(f, "%s\n", call);
        fclose(f);
    }
    for (char *p = call; *p; p++) if (!isalnum((unsigned char)*p)) *p = '_';
    snprintf(path, sizeof path, "%s\\%s.txt", dir, call);
    if ((f = fopen(path, "rb"))) {
        while ((c = fgetc(f)) != EOF) putchar(c);
        fclose(f);
    }
    snprintf(path, sizeof path, "%s\\%s.code", dir, call);
    if ((f = fopen(path, "rb"))) {
        if (fscanf(f, "%d", &code) != 1) code = 1;
        fclose(f);
    }
    return code;
}
