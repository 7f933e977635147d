// JSON texts with the result that they must have under the limits of a token. Written for this project; each stands for one way in which readers of
// JSON differ.
#pragma once

#include <string>
#include <vector>

#include "jose/json_walk.h"

namespace assay::jose {

struct JsonSample {
  std::string text;
  JsonFault fault = JsonFault::none;
};

// json_samples(): good texts and bad ones.
std::vector<JsonSample> json_samples();

// good_json_texts(): longer good texts, to begin mutations with.
std::vector<std::string> good_json_texts();

}  // namespace assay::jose
