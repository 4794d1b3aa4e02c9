/* Whether a word comes for the first time. */
int is_new(const char *word);
