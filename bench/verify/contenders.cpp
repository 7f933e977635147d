// Each side gets what its user would do once: tables and prepared keys here, contexts and fetched digests there. A signature costs the hash of its message everywhere.
#include "verify/contenders.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

#include "crypto/fast_engine.h"

namespace assay::bench {
namespace {

using crypto::Algorithm;
using crypto::SignatureResult;
using crypto::test::Octets;

const unsigned char* octets(const Octets& bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

class EngineContender final : public Contender {
 public:
  EngineContender(crypto::EngineLevel level, std::span<const Signatures* const> sets, std::uint64_t budget_bytes, Tables* tables) {
    for (const Signatures* set : sets) {
      const std::size_t first_key = keys_.size();
      for (const auto& key : set->keys) keys_.push_back(key.material());
      for (const Signature& signature : set->all) checks_.push_back({set->kind.algorithm, keys_[first_key + signature.key].get(), signature.message, signature.signature});
    }
    if (sets.size() > 1) std::ranges::shuffle(checks_, std::mt19937_64(1));
    if (level == crypto::EngineLevel::reference) {
      engine_ = crypto::make_reference_engine();
      return;
    }
    crypto::TableBuilder builder({level, level, level, level}, curves_);
    std::vector<crypto::TableWish> wishes;
    for (const auto& key : keys_) wishes.push_back({key, 0, 1});
    builder.build_next(std::span(wishes).first(1), 0);  // the curve's own
    const double begin = cpu_seconds();
    while (builder.build_next(wishes, budget_bytes)) {
    }
    if (tables != nullptr) *tables = {builder.figures(), cpu_seconds() - begin};
    engine_ = crypto::make_fast_engine(*crypto::Kernels::of(level), curves_);
  }
  bool verify(std::size_t first, std::size_t count) override {
    const auto results = std::span(results_).first(count);
    crypto::verify_batch(*engine_, std::span(checks_).subspan(first, count), results);
    return std::ranges::all_of(results, [](SignatureResult result) { return result == SignatureResult::valid; });
  }

 private:
  crypto::CurveTables curves_;
  std::vector<std::shared_ptr<const crypto::KeyMaterial>> keys_;
  std::vector<crypto::SignatureCheckView> checks_;
  std::unique_ptr<crypto::Engine> engine_;
  SignatureResult results_[256];
};

struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};

void require(bool good) {
  if (!good) std::abort();
}

class OpensslContender final : public Contender {
 public:
  explicit OpensslContender(const Signatures& signatures) : signatures_(signatures) {
    const std::string_view name = crypto::test::name(signatures.kind.algorithm);
    is_eddsa_ = signatures.kind.algorithm == Algorithm::eddsa;
    if (!is_eddsa_) {
      digest_.reset(EVP_MD_fetch(nullptr, name.ends_with("256") ? "SHA256" : name.ends_with("384") ? "SHA384" : "SHA512", nullptr));
      hash_.reset(EVP_MD_CTX_new());
      require(digest_ && EVP_DigestInit_ex2(hash_.get(), digest_.get(), nullptr) == 1);
    }
    for (const auto& key : signatures.keys) {
      if (is_eddsa_) {
        message_contexts_.emplace_back(EVP_MD_CTX_new());
        require(EVP_DigestVerifyInit(message_contexts_.back().get(), nullptr, nullptr, nullptr, key.openssl()) == 1);
        continue;
      }
      contexts_.emplace_back(EVP_PKEY_CTX_new_from_pkey(nullptr, key.openssl(), nullptr));
      EVP_PKEY_CTX* context = contexts_.back().get();
      require(EVP_PKEY_verify_init(context) == 1);
      if (name.starts_with("RS")) require(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1);
      if (name.starts_with("PS")) {
        require(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest_.get()) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
      }
      require(EVP_PKEY_CTX_set_signature_md(context, digest_.get()) == 1);
    }
    for (const Signature& signature : signatures.all) encoded_.push_back(name.starts_with("ES") ? crypto::test::der_of(signature.signature) : signature.signature);
  }
  bool verify(std::size_t first, std::size_t count) override {
    bool good = true;
    for (std::size_t i = first; i < first + count; ++i) good = verify_one(i) && good;
    return good;
  }

 private:
  bool verify_one(std::size_t i) {
    const Signature& signature = signatures_.all[i];
    const unsigned char* message = octets(signature.message);
    if (is_eddsa_) return EVP_DigestVerify(message_contexts_[signature.key].get(), octets(encoded_[i]), encoded_[i].size(), message, signature.message.size()) == 1;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    return EVP_DigestInit_ex2(hash_.get(), nullptr, nullptr) == 1 && EVP_DigestUpdate(hash_.get(), message, signature.message.size()) == 1 &&
           EVP_DigestFinal_ex(hash_.get(), digest, &size) == 1 &&
           EVP_PKEY_verify(contexts_[signature.key].get(), octets(encoded_[i]), encoded_[i].size(), digest, size) == 1;
  }

  const Signatures& signatures_;
  bool is_eddsa_ = false;
  std::unique_ptr<EVP_MD, FreeContext> digest_;
  std::unique_ptr<EVP_MD_CTX, FreeContext> hash_;
  std::vector<std::unique_ptr<EVP_PKEY_CTX, FreeContext>> contexts_;       // by key
  std::vector<std::unique_ptr<EVP_MD_CTX, FreeContext>> message_contexts_;  // by key, for EdDSA
  std::vector<Octets> encoded_;
};

}  // namespace

std::unique_ptr<Contender> make_engine_contender(crypto::EngineLevel level, std::span<const Signatures* const> sets, std::uint64_t budget_bytes, Tables* tables) {
  if (level != crypto::EngineLevel::reference && !crypto::Kernels::of(level)) return nullptr;
  return std::make_unique<EngineContender>(level, sets, budget_bytes, tables);
}

std::unique_ptr<Contender> make_openssl_contender(const Signatures& signatures) { return std::make_unique<OpensslContender>(signatures); }

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace assay::bench
