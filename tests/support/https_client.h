// A client for what speaks HTTPS in tests.
#pragma once

#include <string>

namespace assay::tests {

// body_of(url, ca_file, form): the body of the answer, whatever its status; throws if there is none within 120 s. ca_file: PEM of the only authority that counts.
// form: `application/x-www-form-urlencoded`, by POST; empty: a GET.
std::string body_of(const std::string& url, const std::string& ca_file, const std::string& form = {});

}  // namespace assay::tests
