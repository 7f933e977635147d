// How an issuer is reached: certificates, keys and a proxy.
#pragma once

#include <string>

#include "base/result.h"
#include "fetch/order.h"

namespace assay::fetch {

// Access: files by content, PEM. A value.
struct Access {
  std::string ca;                  // whose certificates count; empty: those of the CAs that the host trusts
  std::string client_certificate;  // empty: none
  std::string client_key;
  std::string proxy;               // URL; empty: none
};

// read_access(order): reads its files now: they may have been replaced since the last order. Regular files of at most kPemBytesMax; a failure names the member, not the path
// and not the content.
base::Result<Access> read_access(const Order& order);

}  // namespace assay::fetch
