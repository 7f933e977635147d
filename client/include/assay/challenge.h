// The WWW-Authenticate header of a response that refuses a token (RFC 6750 section 3).
#pragma once

#include <string>
#include <string_view>

#include "assay/verdict.h"

namespace assay {

// www_authenticate(verdict, realm, scope): the header's value for a request whose token got this verdict; send it with the status of verdict.info().
// Empty when no challenge is due: the verdict is accepted, or unavailable (503, with Verdict::retry_after_s() as Retry-After: nothing is wrong with the token). Holds nothing of the token.
// scope: what the API service wants, names parted by blanks; said only where a scope is what the token lacks. Characters that a header or the attribute
// cannot carry are left out (scope) or replaced by blanks (realm). Thread-safe.
std::string www_authenticate(const Verdict& verdict, std::string_view realm, std::string_view scope = {});

// www_authenticate(realm, scope): for a request that has no token at all. RFC 6750 section 3.1: it gets no error attribute. Send it with 401.
std::string www_authenticate(std::string_view realm, std::string_view scope);

}  // namespace assay
