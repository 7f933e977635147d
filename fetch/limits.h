// Limits of assay-fetch alone; those that assayd shares stand in base/limits.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/limits.h"

namespace assay::fetch::limits {

using namespace base::limits;

// --- Orders. ---
inline constexpr std::size_t kOrdersMax = 32;  // under way at once: as many as assayd gives

// --- One answer of an issuer; kJwksBytesMax is a set's. ---
inline constexpr std::size_t kMetadataBytesMax = 64 * 1024;  // of a discovery document; those of servers in use have 1 to 12 KiB
inline constexpr std::size_t kHeadBytesMax = 32 * 1024;      // of all header lines, interim answers and trailers included
inline constexpr std::uint32_t kConnectTimeoutMs = 2'000;    // resolving, connecting and TLS: an issuer that is there takes 1 s on a bad day, and another try follows
inline constexpr std::size_t kPemBytesMax = 1024 * 1024;     // of a CA file (Debian's of all CAs has 220 KiB), a certificate or a key
inline constexpr std::uint64_t kDeltaSecondsMax = 2'147'483'648;  // RFC 9111 section 1.2.2: what does not fit counts as this

// --- The keys socket. ---
// Answers that assayd has not taken: while there is more than this no order is read. One more order of each that may be under way still fits.
inline constexpr std::size_t kOutputBytesMax = 4 * kKeysFrameBytesMax;
inline constexpr std::uint64_t kReconnectMinMs = 100;
inline constexpr std::uint64_t kReconnectMaxMs = 1'000;
inline constexpr std::uint64_t kSettledMs = 1'000;  // a connection that stands for so long, or has brought an order, is there; one that ends sooner is one more failure

}  // namespace assay::fetch::limits
