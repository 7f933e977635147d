/* A program in C with an event loop of its own: poll(), and one descriptor of libassay in it.
 *   example_poll SOCKET API_SERVICE TOKEN...
 *   cc -std=c99 poll.c $(pkg-config --cflags --libs assay) */
#include <assay/assay.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>

/* What a request waits with for its verdict. */
struct waiting {
  const char* realm;
  int* exit_code;
  int* left;
};

static void on_verdict(void* user, const assay_result* result, const assay_verdict* const* verdicts, size_t count) {
  struct waiting* waiting = user;
  int code = 2;
  (void)count; /* one for each token that was asked about, here one */
  --*waiting->left;
  if (result->status != ASSAY_OK) {
    /* No answer is no permission, and no fault of the token's. */
    printf("503 %s\n", result->text);
  } else if (!assay_verdict_accepted(verdicts[0])) {
    char challenge[512];
    code = assay_verdict_outcome(verdicts[0]) == ASSAY_UNAVAILABLE ? 2 : 1;
    printf("%d %s\n", assay_verdict_http_status(verdicts[0]), assay_verdict_text(verdicts[0]));
    if (assay_www_authenticate(verdicts[0], waiting->realm, NULL, challenge, sizeof challenge) > 0) printf("WWW-Authenticate: %s\n", challenge);
    if (assay_verdict_retry_after_s(verdicts[0]) > 0) printf("Retry-After: %lu\n", (unsigned long)assay_verdict_retry_after_s(verdicts[0]));
  } else {
    const assay_string subject = assay_verdict_subject(verdicts[0]);
    code = 0;
    printf("200 hello ");
    if (subject.data != NULL) fwrite(subject.data, 1, subject.size, stdout);
    printf("\n");
  }
  if (code > *waiting->exit_code) *waiting->exit_code = code;
}

int main(int argc, char** argv) {
  int exit_code = 0;
  int left = 0;
  int i;
  struct waiting waiting;
  assay_poll_client* client;
  assay_request* request;
  if (argc < 4) {
    fprintf(stderr, "usage: %s SOCKET API_SERVICE TOKEN...\n", argv[0]);
    return 2;
  }
  client = assay_poll_client_create(argv[1], NULL);
  request = assay_request_create(argv[2]);
  waiting.realm = argv[2];
  waiting.exit_code = &exit_code;
  waiting.left = &left;

  for (i = 3; i < argc; ++i) {
    assay_string token;
    token.data = argv[i];
    token.size = strlen(argv[i]);
    ++left;
    const assay_status taken = assay_poll_client_validate(client, request, &token, 1, on_verdict, &waiting);
    if (taken != ASSAY_OK) {
      /* Not taken: the callback will not run. */
      printf("503 %s\n", assay_status_name(taken));
      --left;
      exit_code = 2;
    }
  }

  while (left > 0) {
    struct pollfd entries[1]; /* and those of your own */
    entries[0].fd = assay_poll_client_fd(client);
    entries[0].events = POLLIN;
    if (poll(entries, 1, -1) > 0 && entries[0].revents != 0) assay_poll_client_on_readable(client);
  }
  assay_request_destroy(request);
  assay_poll_client_destroy(client);
  return exit_code;
}
