// Integers of any size for tests that bend signatures: OpenSSL's BIGNUM with operators.
#pragma once

#include <openssl/bn.h>

#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace assay::crypto::test {

// Number: a non-negative integer. A value. A failing BIGNUM operation (out of memory) ends the test program.
class Number {
 public:
  explicit Number(unsigned long value = 0) : value_(BN_new()) { require(BN_set_word(value_, value)); }
  Number(const Number& other) : value_(BN_dup(other.value_)) { require(value_ != nullptr); }
  Number(Number&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  Number& operator=(Number other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Number() { BN_free(value_); }

  static Number hex(const std::string& digits) {
    Number result;
    require(BN_hex2bn(&result.value_, digits.c_str()));
    return result;
  }
  static Number big_endian(std::span<const std::byte> octets) {
    Number result;
    require(BN_bin2bn(reinterpret_cast<const unsigned char*>(octets.data()), static_cast<int>(octets.size()), result.value_) != nullptr);
    return result;
  }
  static Number little_endian(std::span<const std::byte> octets) {
    Number result;
    require(BN_lebin2bn(reinterpret_cast<const unsigned char*>(octets.data()), static_cast<int>(octets.size()), result.value_) != nullptr);
    return result;
  }
  static Number power_of_two(int exponent) {
    Number result;
    require(BN_set_bit(result.value_, exponent));
    return result;
  }

  std::vector<std::byte> big_endian(std::size_t size) const {
    std::vector<std::byte> octets(size);
    require(BN_bn2binpad(value_, reinterpret_cast<unsigned char*>(octets.data()), static_cast<int>(size)) >= 0);
    return octets;
  }
  std::vector<std::byte> little_endian(std::size_t size) const {
    std::vector<std::byte> octets(size);
    require(BN_bn2lebinpad(value_, reinterpret_cast<unsigned char*>(octets.data()), static_cast<int>(size)) >= 0);
    return octets;
  }
  bool fits(std::size_t octets) const { return static_cast<std::size_t>(BN_num_bytes(value_)) <= octets; }
  bool odd() const { return BN_is_odd(value_) != 0; }
  const BIGNUM* get() const { return value_; }

  friend Number operator+(const Number& a, const Number& b) {
    Number result;
    require(BN_add(result.value_, a.value_, b.value_));
    return result;
  }
  friend Number operator-(const Number& a, const Number& b) {
    Number result;
    require(BN_sub(result.value_, a.value_, b.value_) && !BN_is_negative(result.value_));
    return result;
  }
  friend Number operator*(const Number& a, const Number& b) {
    Number result;
    Context context;
    require(BN_mul(result.value_, a.value_, b.value_, context.get));
    return result;
  }
  friend Number operator%(const Number& a, const Number& m) {
    Number result;
    Context context;
    require(BN_nnmod(result.value_, a.value_, m.value_, context.get));
    return result;
  }
  friend Number power(const Number& a, const Number& exponent, const Number& m) {
    Number result;
    Context context;
    require(BN_mod_exp(result.value_, a.value_, exponent.value_, m.value_, context.get));
    return result;
  }
  friend bool operator==(const Number& a, const Number& b) { return BN_cmp(a.value_, b.value_) == 0; }

 private:
  struct Context {
    BN_CTX* get = BN_CTX_new();
    ~Context() { BN_CTX_free(get); }
  };
  static void require(bool held) {
    if (!held) std::abort();
  }

  BIGNUM* value_;
};

}  // namespace assay::crypto::test
