// Public keys for tests: made once with OpenSSL 3.0 (genpkey); the private halves were thrown away. Members of a JWK without its braces, so that a test can add
// kid, alg and others.
#pragma once

#include <string>
#include <string_view>

namespace assay::test {

inline constexpr std::string_view kRsaA =
    R"("kty":"RSA","e":"AQAB","n":"2eUt0DPbLkC-cm5ZtBYHDvady4SDCicL6A729Kcn8HPd4LrdQ9sjuib5Ol6hTwi1zEkyE1YePhkvIMLaHPJ-ZQTeOh_No2HjXU4BxytzEHMsZqaa3I6D1mocMUWBr6qU2CiZqLe_9-sadVOkgqbmH2r16vidw8Cqb4lIDXj1EopZbN7HMmA7i8Xg4Tpx0xP1hL7hYYs_IxhM9k1FmetIUrNQ91MuP80ZcnksGSq8oVIHaP-JOGIxVE1on9iHaIG0XkYqhFjEe0MHaHXCxO5K0507TNRqVmTnYmweglDlMw2moImrF6OuImUX2AXb70Rfgz7v7ZJbibz2wsEh9WceoQ")";
inline constexpr std::string_view kRsaB =
    R"("kty":"RSA","e":"AQAB","n":"qBO7wnZ6gP64C8_1fEN0no5msErCPYSn8j9nzINwR05Sxa0Vv9oKHahdKfgnU5Nsvi5qW6cSeqI_ikGewKmidahquA40Exp00Lv5r3dEzO6IRLlz8M160rwf2ijjHdw46oLUlg8I_qL9J51zLknG9L7Uc9z42_bl51S-ksqA4uDYy7BbGFleCp8KOMemnZT4_3GN_mS2hRuWCQaD-B0vUvyVoMcRXiU100UYp1S9txpwHLG9BaYi4eNPZ2QT8WfztyDMcN0vgUJPriJArXuI3Ule5SJGEzdlViA_4kveVbEztMSjUPg7RBayq_FR3nG77YISkNpzhenIi5L7ApGsFQ")";
inline constexpr std::string_view kP256 =
    R"("kty":"EC","crv":"P-256","x":"lRmHgZjyXaKB8O2M48cVqJ8NgFmtCjjdun2wy5YGoyc","y":"N--K74hCvkSOXcxX4Do218wQFKbH5NLToci1Zk4b2y4")";
inline constexpr std::string_view kP384 =
    R"("kty":"EC","crv":"P-384","x":"JKOvLiarZqOS2bX-_V5XH0enPTyUjNah3eunxA1tIU8OZOkNrIcTvAYswH4QVnNT","y":"q0nP_IuRAOggEz-WxnsrzWQ9HUHsv0IM3fB-ev8GchP3E0PpQRrdgPNKIGU3RgIM")";
inline constexpr std::string_view kP521 =
    R"("kty":"EC","crv":"P-521","x":"AH_DMlP_ElkFMmKj9uiZuNVb_lshIZNAR-W0SSFuDPk_Jr9amf76NDo2NirwoYOmTK9-BOU6g51ROpNvVPJ_DPJS","y":"AcPy2BBhOV53QiKrdUUA-nTfgLa1Gsfr2pArbcf1qwo4a7jrNq8aZq5geGKnraiz9uYjqto-hJPRdNuRg1iwIIvp")";
inline constexpr std::string_view kEd25519 = R"("kty":"OKP","crv":"Ed25519","x":"erBxbHWvKX4fdG069YQ8H8_StwC-qzYeDySpHN19UMU")";
inline constexpr std::string_view kEd25519B = R"("kty":"OKP","crv":"Ed25519","x":"73D6Py3fO03WJPslUJ8u4iY1YLOomEmQ0Vd_fmPNUGA")";

// jwk(key, more): a JWK of a key and further members, which begin with a comma. jwks(keys): a JWK Set; the keys stand between commas.
inline std::string jwk(std::string_view key, std::string_view more = "") { return "{" + std::string(key) + std::string(more) + "}"; }
inline std::string jwks(std::string_view keys) { return R"({"keys":[)" + std::string(keys) + "]}"; }

}  // namespace assay::test
