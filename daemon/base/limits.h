// Every limit of the daemon, with its unit and where it comes from. Those an operator may change stand in docs/CONFIGURATION.md as well.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::base::limits {

// --- A token (docs/ARCHITECTURE.md, "Validation"): on the base64url text, before anything is decoded. ---
inline constexpr std::size_t kTokenBytesMax = 16 * 1024;
inline constexpr std::size_t kHeaderBytesMax = 4 * 1024;
// The outermost object is depth 1; scalars do not count.
inline constexpr std::size_t kTokenDepthMax = 16;
inline constexpr std::size_t kTokenMembersPerObjectMax = 256;
inline constexpr std::size_t kTokenMembersMax = 1024;
// NumericDate (RFC 7519 section 2): 0 to the last second of the year 9999.
inline constexpr std::int64_t kNumericDateMax = 253402300799;
// Candidates tried for one token: with or without a kid, in document order.
inline constexpr std::size_t kCandidateKeysMax = 4;

// --- A JWKS and its keys. ---
inline constexpr std::size_t kJwksBytesMax = 256 * 1024;  // of a URL source, pushed or fetched
// Of a kid: a token whose header has a longer one would hardly fit into kHeaderBytesMax, and whoever publishes keys decides how much of a status report is theirs.
inline constexpr std::size_t kKidBytesMax = 1024;
inline constexpr std::size_t kJwksKeysMax = 64;  // entries of `keys`, used or skipped
inline constexpr std::size_t kInlineJwksBytesMax = 16 * 1024;  // PingOne's limit: of the JWKS as written
inline constexpr std::size_t kRsaBitsMin = 2048;
inline constexpr std::size_t kRsaBitsMax = 8192;

// --- Keys from the network: what an OAuth server may set has its default here. ---
inline constexpr std::uint64_t kRefreshMinS = 60;         // a set is fresh for so long, even if its issuer says less: one fetch in 42 s is the most that max-age can ask for
inline constexpr std::uint64_t kRefreshMaxS = 24 * 3600;  // and no longer than this, even if it says more
inline constexpr std::uint64_t kStaleMaxS = 24 * 3600;    // keys serve for so long after they were last fetched or confirmed
inline constexpr std::uint64_t kFetchTimeoutMs = 5'000;   // of a whole fetch, discovery included; assay-fetch keeps it
// And here is how far it may go. A fetch in 10 s is the most that an issuer should bear from one host; whoever wants a day between two fetches may have it.
inline constexpr std::int64_t kRefreshMinSecondsMin = 10;
inline constexpr std::int64_t kRefreshMinSecondsMax = 24 * 3600;
inline constexpr std::int64_t kRefreshMaxSecondsMax = 7 * 24 * 3600;  // a key that its issuer has withdrawn without a word serves on for so long
inline constexpr std::int64_t kStaleMaxSecondsMin = 60;               // one lost fetch and the tries after it
inline constexpr std::int64_t kStaleMaxSecondsMax = 30LL * 24 * 3600; // an issuer that is away for a month is gone
inline constexpr std::int64_t kFetchTimeoutMsMin = 100;               // one TLS handshake on a network that is near
inline constexpr std::int64_t kFetchTimeoutMsMax = 60'000;            // one of the orders that are given at a time is taken for so long
static_assert(kRefreshMinSecondsMax <= std::int64_t{kRefreshMaxS});   // refresh_max left out is never below refresh_min
inline constexpr std::size_t kPathBytesMax = 4095;        // PATH_MAX of Linux, less its NUL
inline constexpr std::size_t kEtagBytesMax = 256;         // a longer one is left out, and its set fetched whole each time; those of servers in use have 10 to 70
inline constexpr std::size_t kFetchReasonBytesMax = 256;  // of a failure, escaped: a line of the log
// A frame of the keys socket: a set of kJwksBytesMax and what is around it, or an order with five texts of kPathBytesMax.
inline constexpr std::size_t kKeysFrameBytesMax = kJwksBytesMax + 32 * 1024;

// --- The log. ---
// Of a field's text, escaped. Names and kids can be longer, but those in use have 10 to 100.
inline constexpr std::size_t kLogFieldBytesMax = 512;

// --- A configuration. ---
inline constexpr std::size_t kNameCodePointsMax = 256;
inline constexpr std::size_t kDescriptionCodePointsMax = 1024;
inline constexpr std::size_t kIssuersMax = 8;
inline constexpr std::size_t kIssuerBytesMax = 1024;
inline constexpr std::size_t kUrlBytesMax = 2048;
inline constexpr std::int64_t kClockSkewSecondsMax = 300;
inline constexpr std::size_t kOAuthServersMax = 1024;
inline constexpr std::size_t kApiServicesMax = 1024;
inline constexpr std::size_t kAudiencesMax = 64;
inline constexpr std::size_t kAudienceBytesMax = 1024;
inline constexpr std::size_t kServersPerApiServiceMax = 64;
inline constexpr std::size_t kScopesMax = 64;
inline constexpr std::size_t kScopeBytesMax = 256;
inline constexpr std::size_t kClaimRulesMax = 32;
inline constexpr std::size_t kClaimRuleValuesMax = 256;
inline constexpr std::size_t kClaimRuleStringBytesMax = 1024;
inline constexpr std::size_t kPointerBytesMax = 256;
inline constexpr std::size_t kClientsMax = 1024;
inline constexpr std::int64_t kTokenAgeSecondsMax = 10LL * 366 * 24 * 3600;
// A document of 1,024 OAuth servers with 16 keys each and 1,024 API services has about 170,000 members.
inline constexpr std::size_t kDocumentMembersMax = 512 * 1024;
// Every value but the first of its array or object costs a comma; each takes about 128 bytes of tree. Commas within strings count, too.
inline constexpr std::size_t kDocumentCommasMax = 2 * 1024 * 1024;
inline constexpr std::size_t kConfigFaultsMax = 100;
// What `daemon.limits` may ask for at the most: of 2 KiB each, so many OAuth servers or API services still fit into a control frame.
inline constexpr std::size_t kOAuthServersLimitMax = 8'192;
inline constexpr std::size_t kApiServicesLimitMax = 8'192;

// --- Deployments that can be rolled back to, besides the one in force. ---
inline constexpr std::size_t kDeploymentsKept = 5;
// Staged deploys leave one document after the other in use; each is kept in memory and on disk: 64 of 512 KiB (1,024 OAuth servers) are 32 MiB.
inline constexpr std::size_t kDocumentsInForceMax = 64;

// --- Frames (docs/PROTOCOL.md): the 4-byte prefix included. ---
inline constexpr std::size_t kFrameAlignBytes = 8;
inline constexpr std::size_t kFramePrefixBytes = 4;
// The least that a FlatBuffer with an identifier takes: prefix, root offset, identifier, one offset to a vtable.
inline constexpr std::size_t kFrameBytesMin = 16;
inline constexpr std::size_t kDataFrameBytesMax = 1024 * 1024;
inline constexpr std::size_t kControlFrameBytesMax = 32 * 1024 * 1024;
inline constexpr std::uint32_t kFrameDepthMax = 8;
inline constexpr std::uint32_t kFrameTablesMax = 256;
inline constexpr std::size_t kConfigBytesMax = kControlFrameBytesMax - 64 * 1024;  // room for the envelope around it

// --- A request. ---
inline constexpr std::size_t kTokensPerRequestMax = 256;
inline constexpr std::size_t kScopesPerRequestMax = 32;
inline constexpr std::size_t kClaimsPerRequestMax = 16;

// --- Tables of keys; the default of daemon.key_table_budget, and the most it may be: more than any host will give. ---
inline constexpr std::uint64_t kKeyTableBudgetBytes = std::uint64_t{256} << 20;
inline constexpr std::int64_t kKeyTableBudgetBytesMax = std::int64_t{1} << 40;

// --- The cache of tokens; the default of daemon.token_cache_budget, and the most it may be. ---
inline constexpr std::uint64_t kTokenCacheBudgetBytes = std::uint64_t{64} << 20;
inline constexpr std::int64_t kTokenCacheBudgetBytesMax = std::int64_t{1} << 40;

// --- Connections of the data socket; the defaults of daemon.limits. ---
inline constexpr std::size_t kConnectionsMax = 4096;
inline constexpr std::size_t kConnectionsPerUidMax = 1024;
inline constexpr std::size_t kControlConnectionsMax = 32;
inline constexpr std::size_t kControlConnectionsPerUidMax = 16;
inline constexpr std::size_t kKeysConnectionsMax = 1;  // there is one assay-fetch; another would only wait in line for orders
// A frame that has begun must be whole after this time, and a response that waits for its reader taken.
inline constexpr std::uint64_t kSlowPeerMs = 10'000;
// A connection without any traffic is closed after this time; libassay connects again by itself.
inline constexpr std::uint64_t kIdlePeerMs = 600'000;

// A request that has waited longer than this when its turn comes is answered `overloaded`; the default of daemon.limits.request_age_ms.
inline constexpr std::size_t kRequestAgeMs = 50;
inline constexpr std::size_t kRequestAgeMsMax = 60'000;

// --- Batches. ---
inline constexpr std::uint64_t kBatchCostUs = 500;       // estimated verification cost at which a batch is cut
inline constexpr std::size_t kBatchTokensMax = 256;      // the size of a worker's arrays; at least kTokensPerRequestMax
static_assert(kBatchTokensMax >= kTokensPerRequestMax);

// --- Swap and shutdown. ---
inline constexpr std::uint64_t kLateWorkerMs = 1'000;    // a worker that has not taken up a snapshot by then is reported
inline constexpr std::uint64_t kDrainMs = 4'000;         // of the 5 s that a stop may take; whatever is still open then is closed
inline constexpr std::uint64_t kDrainUnreadMs = 300;     // a peer that does not read what was written for so long is not waited for: all others wait for the next start meanwhile
inline constexpr std::uint64_t kStopMs = 4'800;          // and then the process ends, whatever it is doing

}  // namespace assay::base::limits
