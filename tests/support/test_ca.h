// A certification authority for tests: certificates that are good, and each kind that is not. Keys are EC P-256, made anew each time.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace assay::tests {

// Identity: a certificate and its private key, both PEM.
struct Identity {
  std::string certificate;
  std::string key;
};

// CertificateOptions: what a certificate says. `names` as OpenSSL writes subject alternative names.
struct CertificateOptions {
  std::string common_name = "assay test server";
  std::vector<std::string> names = {"DNS:localhost", "IP:127.0.0.1", "IP:::1"};
  bool expired = false;     // was good until an hour ago; otherwise for a day from an hour ago on
  bool for_client = false;  // extended key usage: client instead of server
};

// TestCa: a self-signed root. Two of them have nothing in common, the name included unless it is given twice.
class TestCa {
 public:
  explicit TestCa(const std::string& name = "assay test CA");
  ~TestCa();
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;

  // certificate(): the root's own, PEM.
  const std::string& certificate() const { return certificate_; }
  // issue(options): a certificate signed by this CA, with a new key.
  Identity issue(const CertificateOptions& options = {}) const;
  Identity issue_expired() const { return issue({.expired = true}); }
  Identity issue_wrong_name() const { return issue({.names = {"DNS:other.example"}}); }
  Identity issue_client() const { return issue({.common_name = "assay test client", .names = {}, .for_client = true}); }

 private:
  struct Root;
  std::unique_ptr<Root> root_;
  std::string certificate_;
};

// with_password(key, password): the same private key, PEM, encrypted.
std::string with_password(const std::string& key, const std::string& password);

}  // namespace assay::tests
