/* assay.h: libassay for C (C99) and everything that can call C. Asks the assay daemon of this host whether access tokens are valid.
 *
 *   assay_client* client = assay_client_create("/run/assay/data.sock", NULL);
 *   assay_request* orders = assay_request_create("orders");
 *   assay_verdict* verdict = NULL;
 *   if (assay_client_validate(client, orders, token, token_size, &verdict) != ASSAY_OK)
 *     respond(503, NULL);                                       no answer is no permission
 *   else if (!assay_verdict_accepted(verdict))
 *     respond(assay_verdict_http_status(verdict), challenge);   see assay_www_authenticate()
 *   else
 *     serve(assay_verdict_subject(verdict));
 *   assay_verdict_destroy(verdict);
 *
 * How a call ended (assay_status) and what the daemon says about a token (assay_verdict) are separate things: ASSAY_OK means that there is a verdict, which may
 * well be a refusal. In neither does 0 or NULL ever mean success.
 *
 * Strings that are passed in are borrowed for the call. An assay_string that is returned belongs to the object that was asked and lives as long as that; a
 * const char* that is returned is constant, unless its comment says otherwise. What *_create() returns is the caller's, who gives it to *_destroy(); that takes NULL too.
 * Out of memory ends the process. No C++ exception comes out, and none may go in: a callback that throws ends the process. */
#ifndef ASSAY_ASSAY_H
#define ASSAY_ASSAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASSAY_VERSION_MAJOR 0
#define ASSAY_VERSION_MINOR 1
#define ASSAY_VERSION_PATCH 0
#define ASSAY_VERSION "0.1.0"

/* assay_version(): of the library that runs, which may be newer than this header. */
const char* assay_version(void);

/* assay_status: how a call ended. Only ASSAY_OK is success. Newer libraries may know more. */
typedef enum assay_status {
  ASSAY_UNSET = 0,
  ASSAY_OK = 1,
  ASSAY_BAD_ARGUMENT = 2,      /* the request breaks a limit of the protocol, or a pointer is NULL; nothing was sent */
  ASSAY_CANNOT_CONNECT = 3,    /* the daemon cannot be reached: system_errno says why */
  ASSAY_TIMED_OUT = 4,         /* no answer within the time of the call */
  ASSAY_CONNECTION_LOST = 5,   /* the connection broke before the answer was whole */
  ASSAY_BAD_RESPONSE = 6,      /* the peer does not speak the protocol */
  ASSAY_DAEMON_ERROR = 7,      /* the daemon answered with an error: daemon_error */
  ASSAY_TOO_MANY_REQUESTS = 8, /* the limit of calls under way is reached; nothing was sent */
  ASSAY_CANCELLED = 9          /* the client was destroyed before there was an answer */
} assay_status;

/* assay_status_name(status): such as "timed_out", for logs; "unset" for what this library does not know. */
const char* assay_status_name(assay_status status);

/* assay_result: how a call ended, in full. Newer libraries may add members. */
typedef struct assay_result {
  assay_status status;
  int daemon_error;  /* with ASSAY_DAEMON_ERROR: its number in docs/PROTOCOL.md; 0: none, or one that this library does not know */
  int system_errno;  /* with ASSAY_CANNOT_CONNECT and ASSAY_CONNECTION_LOST; 0: none */
  const char* text;  /* one line for an operator; holds nothing of a token; "" if all went well. Lives as long as the assay_result */
} assay_result;

/* assay_string: bytes, not necessarily UTF-8. A NUL follows them, but there may be others among them: what is used to decide something is compared by its size.
 * An absent one has data NULL and size 0. */
typedef struct assay_string {
  const char* data;
  size_t size;
} assay_string;

/* assay_options: times are in milliseconds. Begin with ASSAY_OPTIONS_INIT, which has the defaults. A program keeps working with newer libraries, whose options
 * have more members. */
typedef struct assay_options {
  size_t size;                  /* of this structure, as the program knows it */
  uint32_t timeout_ms;          /* for a whole call: connecting, sending, waiting, and the retry; the daemon is told */
  uint32_t connect_timeout_ms;  /* how long a call, within its time, goes on trying to connect; 0: one try */
  uint32_t backoff_ms_min;      /* the pause after a failed try grows from this ... */
  uint32_t backoff_ms_max;      /* ... to this */
  uint32_t requests_max;        /* of the asynchronous clients: calls under way on a connection ... */
  uint32_t connections;         /* of assay_async_client: 1 to 64 */
  size_t bytes_max;             /* ... and the bytes of their requests */
} assay_options;

#define ASSAY_OPTIONS_INIT {sizeof(assay_options), 1000, 250, 10, 2000, 8192, 1, 16 * 1024 * 1024}

/* assay_request: what is asked of a token. Make one for each kind of call and keep it. Once nobody adds anything any more, threads may share it. */
typedef struct assay_request assay_request;

/* assay_request_create(api_service): by its name in the daemon's configuration; NULL if that is NULL. */
assay_request* assay_request_create(const char* api_service);
void assay_request_destroy(assay_request* request);
/* assay_request_require_scope(request, scope): besides those that the configuration requires; the token needs all of them. At most 32. */
void assay_request_require_scope(assay_request* request, const char* scope);
/* assay_request_want_claim(request, pointer): a JSON pointer (RFC 6901) to a claim that the verdict shall carry. At most 16. */
void assay_request_want_claim(assay_request* request, const char* pointer);

/* ---- Verdicts ---- */

/* assay_verdict: what the daemon says about one token. Does not change, so threads may share it. Every question can be asked of NULL, which is no verdict: not
 * accepted, 401, everything absent. */
typedef struct assay_verdict assay_verdict;

typedef enum assay_outcome {
  ASSAY_OUTCOME_UNSET = 0, /* never returned */
  ASSAY_ACCEPTED = 1,
  ASSAY_REFUSED = 2,
  ASSAY_UNAVAILABLE = 3    /* nothing is known against the token, but it cannot be judged now: 503, no challenge, Retry-After if it is known */
} assay_outcome;

void assay_verdict_destroy(assay_verdict* verdict);
/* assay_verdict_accepted(verdict): the one question that lets a request in. */
bool assay_verdict_accepted(const assay_verdict* verdict);
assay_outcome assay_verdict_outcome(const assay_verdict* verdict);
/* assay_verdict_code(verdict): why, as a number that is stable (assay/schema/codes.h); 0 for one that this library does not know. */
int assay_verdict_code(const assay_verdict* verdict);
/* assay_verdict_code_name(verdict): the code's name, such as "expired". _text: one line that is safe to show to anyone. _error: the error of RFC 6750, such as
 * "invalid_token"; "" if none is due. */
const char* assay_verdict_code_name(const assay_verdict* verdict);
const char* assay_verdict_text(const assay_verdict* verdict);
const char* assay_verdict_error(const assay_verdict* verdict);
int assay_verdict_http_status(const assay_verdict* verdict);
bool assay_verdict_signature_verified(const assay_verdict* verdict);
/* Which state of the daemon judged: only both together name it. */
uint64_t assay_verdict_generation(const assay_verdict* verdict);
uint64_t assay_verdict_instance(const assay_verdict* verdict);

/* assay_verdict_retry_after_ms(verdict): of an unavailable verdict alone, when it is worth asking again; at most 60,000; 0: unknown. _retry_after_s: the same as the header
 * Retry-After of the 503 has it: whole seconds, rounded up; 0: send none. The library does not ask again by itself. */
uint32_t assay_verdict_retry_after_ms(const assay_verdict* verdict);
uint32_t assay_verdict_retry_after_s(const assay_verdict* verdict);

/* These are there for accepted tokens alone. Times are seconds since 1970; valid_until is an upper bound if nothing changes: do not cache verdicts, ask again. */
int64_t assay_verdict_valid_until(const assay_verdict* verdict);
int64_t assay_verdict_expires_at(const assay_verdict* verdict);
assay_string assay_verdict_oauth_server(const assay_verdict* verdict);
assay_string assay_verdict_kid(const assay_verdict* verdict);
assay_string assay_verdict_subject(const assay_verdict* verdict);
assay_string assay_verdict_client_id(const assay_verdict* verdict);
size_t assay_verdict_scope_count(const assay_verdict* verdict);
assay_string assay_verdict_scope(const assay_verdict* verdict, size_t index);
size_t assay_verdict_claim_count(const assay_verdict* verdict);
assay_string assay_verdict_claim_pointer(const assay_verdict* verdict, size_t index);
assay_string assay_verdict_claim_json(const assay_verdict* verdict, size_t index);
/* assay_verdict_claim(verdict, pointer): the JSON text of the claim that was asked for so; absent if the token does not have it. */
assay_string assay_verdict_claim(const assay_verdict* verdict, const char* pointer);

/* assay_www_authenticate(verdict, realm, scope, buffer, buffer_size): the WWW-Authenticate header (RFC 6750 section 3) for a response that refuses a token; send it
 * with assay_verdict_http_status(). scope: what the API service wants, names parted by blanks; may be NULL. Returns the length of the header, 0 if none is due; the
 * buffer holds it, and a NUL, if that is less than buffer_size, and "" otherwise. assay_www_authenticate_no_token(): for a request that has no token; goes with 401. */
size_t assay_www_authenticate(const assay_verdict* verdict, const char* realm, const char* scope, char* buffer, size_t buffer_size);
size_t assay_www_authenticate_no_token(const char* realm, const char* scope, char* buffer, size_t buffer_size);

/* ---- The blocking client: one connection, for one thread at a time; threads have one each (assay/client.h). ---- */

typedef struct assay_client assay_client;

/* assay_client_create(socket_path, options): does not connect yet. NULL for either: the default. Returns NULL if options->size is not one that ASSAY_OPTIONS_INIT of
 * this library or an older one sets. */
assay_client* assay_client_create(const char* socket_path, const assay_options* options);
void assay_client_destroy(assay_client* client);
/* assay_client_connect(client): connects now unless connected. Calls do this by themselves. */
assay_status assay_client_connect(assay_client* client);
/* assay_client_validate(client, request, token, token_size, verdict): with ASSAY_OK, and only then, *verdict is one, the caller's to destroy; otherwise it is NULL. */
assay_status assay_client_validate(assay_client* client, const assay_request* request, const char* token, size_t token_size, assay_verdict** verdict);
/* assay_client_validate_many(...): up to 256 tokens in one frame; verdicts has room for token_count of them, in their order: all are set, or all are NULL. */
assay_status assay_client_validate_many(assay_client* client, const assay_request* request, const assay_string* tokens, size_t token_count, assay_verdict** verdicts);
/* assay_client_ping(client, generation, instance): whether the daemon answers, and what is in force; either may be NULL. */
assay_status assay_client_ping(assay_client* client, uint64_t* generation, uint64_t* instance);
/* assay_client_result(client): how its last call ended; until the next call. */
const assay_result* assay_client_result(const assay_client* client);

/* ---- The asynchronous clients (assay/async_client.h) ----
 *
 * A call is taken if its function returns ASSAY_OK. Its callback then runs exactly once, never inside that function, also when the client is destroyed first
 * (ASSAY_CANCELLED). If it is not taken, the callback never runs. A callback may call the client again and may destroy it. */

/* assay_callback: how a call ended. verdicts: one for each token if result->status is ASSAY_OK, otherwise NULL. All but user is borrowed until the callback returns. */
typedef void (*assay_callback)(void* user, const assay_result* result, const assay_verdict* const* verdicts, size_t verdict_count);

/* assay_poll_client: for an event loop, one thread at a time. Watch the descriptor for reading, always; when it is readable, call on_readable, which runs the
 * callbacks. That is all: the descriptor is the same for life, needs no watching for writing, and covers timeouts. After fork() see assay/async_client.h. */
typedef struct assay_poll_client assay_poll_client;

assay_poll_client* assay_poll_client_create(const char* socket_path, const assay_options* options);
/* assay_poll_client_destroy(client): runs the callbacks of all calls under way. Take the descriptor out of the loop before. */
void assay_poll_client_destroy(assay_poll_client* client);
/* assay_poll_client_fd(client): the client's, to be waited on and for nothing else. -1: the process has no descriptor left, and calls fail. */
int assay_poll_client_fd(const assay_poll_client* client);
void assay_poll_client_on_readable(assay_poll_client* client);
assay_status assay_poll_client_validate(assay_poll_client* client, const assay_request* request, const assay_string* tokens, size_t token_count,
                                        assay_callback callback, void* user);

/* assay_async_client: for any number of threads at once; callbacks run on a thread of the client. */
typedef struct assay_async_client assay_async_client;

assay_async_client* assay_async_client_create(const char* socket_path, const assay_options* options);
/* assay_async_client_destroy(client): returns when the callbacks of all calls under way have returned. */
void assay_async_client_destroy(assay_async_client* client);
assay_status assay_async_client_validate(assay_async_client* client, const assay_request* request, const assay_string* tokens, size_t token_count,
                                         assay_callback callback, void* user);

#ifdef __cplusplus
}
#endif

#endif
