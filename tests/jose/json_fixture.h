// Texts at the edge of a page, and the walker under every implementation of simdjson that this processor runs.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/check.h"
#include "jose/json_index.h"
#include "jose/json_walk.h"

namespace assay::jose {

inline constexpr base::HashKey kTestKey{0x243F6A8885A308D3, 0x13198A2E03707344};

// GuardedText: text, its padding, and then a page that nobody may read: an access beyond the padding ends the program. The padding holds what would
// change the meaning if it were taken for text.
class GuardedText {
 public:
  explicit GuardedText(std::size_t bytes_max) {
    page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    readable_ = (bytes_max + kJsonPaddingBytes + page_ - 1) / page_ * page_;
    memory_ = static_cast<char*>(mmap(nullptr, readable_ + page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK(memory_ != MAP_FAILED);
    CHECK(mprotect(memory_ + readable_, page_, PROT_NONE) == 0);
  }
  ~GuardedText() { munmap(memory_, readable_ + page_); }
  GuardedText(const GuardedText&) = delete;
  GuardedText& operator=(const GuardedText&) = delete;

  // put(text): a copy of text, whose padding ends where the page does. Valid until the next put.
  base::Bytes put(std::string_view text) {
    CHECK(text.size() + kJsonPaddingBytes <= readable_);
    char* begin = memory_ + readable_ - kJsonPaddingBytes - text.size();
    if (!text.empty()) std::memcpy(begin, text.data(), text.size());
    static constexpr std::string_view kNoise = "\"}],1\\\x80\xF0 {[:\x01true\"";
    for (std::size_t i = 0; i < kJsonPaddingBytes; ++i) begin[text.size() + i] = kNoise[(i + turn_) % kNoise.size()];
    ++turn_;
    return base::as_bytes(std::string_view(begin, text.size()));
  }

 private:
  std::size_t page_ = 0;
  std::size_t readable_ = 0;
  std::size_t turn_ = 0;
  char* memory_ = nullptr;
};

// JsonRig: a workspace, an arena and a guarded text: what the request path has at hand.
struct JsonRig {
  explicit JsonRig(std::size_t bytes_max = 16 * 1024, std::size_t members_max = 1024) : workspace(kTestKey, bytes_max, members_max),
      text(bytes_max) {}
  JsonWorkspace workspace;
  base::Arena arena;
  GuardedText text;
};

// ImplementationRig: a rig whose index is made by one of simdjson's implementations.
struct ImplementationRig {
  std::string name;
  std::unique_ptr<JsonRig> rig;
};

// rigs_of_all_implementations(bytes_max, members_max): one for each implementation that this processor supports; the active one is what it was
// before.
std::vector<ImplementationRig> rigs_of_all_implementations(std::size_t bytes_max = 16 * 1024, std::size_t members_max = 1024);

}  // namespace assay::jose
