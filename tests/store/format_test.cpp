#include "store/format.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "store/limits.h"
#include "store/scenario.h"

namespace assay::store {
namespace {

StateFile state_file() {
  StateFile file;
  file.state = {.instance = 0xab, .generation = 7, .deployments = {}, .file_digest = {}, .withdrawn = {}};
  file.documents = {{1, std::string(64, '1')}, {2, std::string(64, '2')}};
  file.sources = {{"jwks_url", "https://id.example.com/jwks", "keys-162b3f13961a6343c471c8d04cf3a14b"},
                  {"discovery", "https://id.example.com/jwks", "keys-901243aeab439115b264bac9923888b4"}};
  file.state.deployments.push_back(test::deployment(1, DeploymentKind::full, {{"orders", 1}}));
  file.state.deployments.push_back(test::deployment(2, DeploymentKind::staged, {{"orders", 2}, {"payments", 1}}));
  file.state.deployments.back().staged = {"orders"};
  file.state.deployments.push_back(test::deployment(3, DeploymentKind::rollback, {{"orders", 1}}));
  file.state.deployments.back().withheld = {{.document = 1, .oauth_server = "corp", .keys = {std::string(32, 'a'), std::string(32, 'b')}}};
  file.state.withdrawn = {{"https://id.example.com", std::string(64, 'e')}, {"urn:batch", std::string(64, 'e')}};
  return file;
}

constexpr std::string_view kStateLine =
    R"({"instance":"00000000000000ab","generation":7,"file_digest":"",)"
    R"("documents":[{"number":1,"digest":"1111111111111111111111111111111111111111111111111111111111111111"},)"
    R"({"number":2,"digest":"2222222222222222222222222222222222222222222222222222222222222222"}],)"
    R"("sources":[{"kind":"jwks_url","url":"https://id.example.com/jwks","file":"keys-162b3f13961a6343c471c8d04cf3a14b"},)"
    R"({"kind":"discovery","url":"https://id.example.com/jwks","file":"keys-901243aeab439115b264bac9923888b4"}],)"
    R"("deployments":[{"number":1,"deployed_at":1700000001,"kind":"full","restores":0,"document":1,"base":1,)"
    R"("api_services":[{"name":"orders","document":1}],"staged":[],"withheld":[]},)"
    R"({"number":2,"deployed_at":1700000002,"kind":"staged","restores":0,"document":2,"base":1,)"
    R"("api_services":[{"name":"orders","document":2},{"name":"payments","document":1}],"staged":["orders"],"withheld":[]},)"
    R"({"number":3,"deployed_at":1700000003,"kind":"rollback","restores":1,"document":1,"base":1,"api_services":[{"name":"orders","document":1}],"staged":[],)"
    R"("withheld":[{"document":1,"oauth_server":"corp","keys":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"]}]}],)"
    R"("withdrawn":[{"issuer":"https://id.example.com","key":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"},)"
    R"({"issuer":"urn:batch","key":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"}]})";
constexpr std::string_view kKeysLine =
    R"({"kind":"jwks_url","url":"https://id.example.com/jwks","ca_file":"","client_certificate":"","client_key":"","proxy":"","allow_http":false,"etag":"",)"
    R"("generation":5,"changed_at":1700000000,"checked_at":1700000005,)"
    R"("since":[{"key":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","at":1700000000},{"key":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","at":1700000001}]})";

// replaced(text, from, to): with the first `from` replaced; it must be there.
std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const std::size_t at = out.find(from);
  if (at == std::string::npos) ADD_FAILURE() << from << " is not there";
  else out.replace(at, from.size(), to);
  return out;
}

// docs/STATE.md has these bytes; another version of the daemon must find them as they are.
TEST(Format, IsAsDocumented) {
  const auto state = encode_state(state_file());
  ASSERT_TRUE(state) << state.error().what;
  EXPECT_EQ(state->content, "assay-state 2 " + state->digest + "\n" + std::string(kStateLine) + "\n");
  const auto document = encode_document(*test::document(3, "{\r\n}\n"));
  ASSERT_TRUE(document);
  // printf '{"number":3,"deployed_at":1700000003}\n{\r\n}\n' | sha256sum
  EXPECT_EQ(document->digest, "f10e0efb132caa300576c122d3b08f59d1c4b766ebc1a3ab93c5b486dfa6a2b7");
  EXPECT_EQ(document->content, "assay-document 1 " + document->digest + "\n{\"number\":3,\"deployed_at\":1700000003}\n{\r\n}\n");
  const auto keys = encode_keys(*test::source("https://id.example.com/jwks", 5));
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->content, "assay-keys 2 " + keys->digest + "\n" + std::string(kKeysLine) + "\n{\"keys\": [ ]}\n");
  const auto reached = encode_keys(*test::source_by_way(*test::source("https://id.example.com/jwks", 5), "/etc/assay/ca.pem"));
  ASSERT_TRUE(reached);
  EXPECT_TRUE(reached->content.contains(
      R"("ca_file":"/etc/assay/ca.pem","client_certificate":"/etc/assay/fetch.pem","client_key":"/etc/assay/fetch.key","proxy":"http://proxy.example.com:3128","allow_http":true,"etag":"W/\u00225\u0022","generation":5,)"))
      << reached->content;
}

TEST(Format, GivesBackWhatItWasGiven) {
  StateFile file = state_file();
  const auto same = [&file] {
    const auto encoded = encode_state(file);
    if (!encoded) return encoded.error().what;
    const auto decoded = decode_state(encoded->content);
    return decoded && decoded->record == file && decoded->digest == encoded->digest ? std::string() : "other";
  };
  EXPECT_EQ(same(), "");
  file.state.instance = file.state.generation = ~std::uint64_t{0};
  file.state.file_digest = std::string(64, 'f');
  std::string odd("\0\x01\x1f\"\\,:/\x7f \xc3\xa9\xf0\x9f\x94\x91", 17);
  file.state.deployments[0].api_services = {{odd, 1}, {odd + "2", 1}, {" ", 1}};
  file.state.deployments[1].staged = {odd};
  file.state.deployments[2].withheld[0].oauth_server = odd;
  file.state.withdrawn[0].issuer = odd;
  file.state.withdrawn[1] = {.issuer = std::string(limits::kIssuerBytesMax, '\x01'), .key = std::string(64, '0')};
  file.state.withdrawn.push_back({.issuer = odd, .key = std::string(64, '0')});  // another pair, though neither half is new
  EXPECT_EQ(same(), "");
  file.state.deployments[2].number = ~std::uint64_t{0};
  file.state.deployments[2].deployed_at_s = limits::kNumericDateMax;
  EXPECT_EQ(same(), "");
  file = {};
  EXPECT_EQ(same(), "");
}

TEST(Format, KeepsTextsByteForByte) {
  for (const std::string& text : {std::string(), std::string("\n"), std::string("assay-document 1 \n"), std::string("\0\xff", 2), std::string(100'000, 'x')}) {
    const auto record = test::document(9, text);
    const auto decoded = decode_document(encode_document(*record)->content);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->record, *record);
  }
  // As deep as a JWKS may be at all: it would be too deep within another value.
  const std::string deep = "{\"keys\":[],\"x\":" + std::string(31, '[') + std::string(31, ']') + "}";
  for (const std::string& jwks : {std::string("{}"), std::string(" \r\n\t{ \"keys\" : [ ] }\n\n"), deep}) {
    const auto record = test::source("https://id.example.com/jwks", 1, jwks);
    const auto encoded = encode_keys(*record);
    ASSERT_TRUE(encoded) << encoded.error().what;
    EXPECT_EQ(decode_keys(encoded->content)->record, *record);
  }
}

// An entity tag is whatever its issuer has made of it.
TEST(Format, KeepsHowASourceIsReached) {
  const std::string odd("\0\x01\x1f\"\\,:/\x7f \n\xc3\xa9\xf0\x9f\x94\x91", 18);
  for (const std::string& etag : {std::string(), odd, std::string(limits::kEtagBytesMax, '\x01')}) {
    for (const bool allow_http : {false, true}) {
      SourceRecord record = *test::source_by_way(*test::source("https://id.example.com/jwks", 1), "/a, \\\"b\"\x7f");
      record.etag = etag;
      record.allow_http = allow_http;
      const auto encoded = encode_keys(record);
      ASSERT_TRUE(encoded) << encoded.error().what;
      EXPECT_EQ(decode_keys(encoded->content)->record, record);
    }
  }
  // As long as all of it may be, and every octet escaped: it still fits beside the largest JWKS.
  SourceRecord longest = *test::source(std::string(limits::kUrlBytesMax, ','), 1, "{\"x\":\"" + std::string(limits::kJwksBytesMax - 8, 'x') + "\"}");
  longest.ca_file = longest.client_certificate = longest.client_key = std::string(limits::kPathBytesMax, ',');
  longest.proxy = longest.url;
  longest.etag = std::string(limits::kEtagBytesMax, '\x01');
  longest.since.clear();
  for (std::size_t i = 0; i < limits::kJwksKeysMax; ++i) longest.since.push_back({std::to_string(i + 100) + std::string(29, 'a'), limits::kNumericDateMax});
  const auto encoded = encode_keys(longest);
  ASSERT_TRUE(encoded) << encoded.error().what;
  EXPECT_EQ(decode_keys(encoded->content)->record, longest);
}

// Edit: of a line of JSON, with ' in place of ".
struct Edit {
  std::string_view from;
  std::string_view to;

  std::string in(std::string_view text) const { return replaced(text, quoted(from), quoted(to)); }
  static std::string quoted(std::string_view text) {
    std::string out(text);
    std::ranges::replace(out, '\'', '"');
    return out;
  }
};

TEST(Format, RefusesAStateWithAnyMistake) {
  ASSERT_TRUE(decode_state(seal("state", kStateLine, {}).content));
  const Edit edits[] = {
      // JSON, and the members of the whole.
      {"{", "["}, {"]}]}", "]}]"}, {"]}]}", "]}]}}"}, {"'generation':7", "'generation':7,'generation':7"}, {"'generation':7,", ""},
      {"'generation'", "'generatio'"}, {"'generation':7", "'generation':7,'more':0"}, {"{'instance'", "{'\\u0067eneration':7,'instance'"},
      // Numbers.
      {":7,", ":-1,"}, {":7,", ":7.0,"}, {":7,", ":7e0,"}, {":7,", ":'7',"}, {":7,", ":null,"}, {":7,", ":18446744073709551616,"}, {":7,", ":-0,"},
      {":7,", ":007,"}, {":7,", ":true,"},
      // Instance and digests.
      {"00000000000000ab", "00000000000000AB"}, {"00000000000000ab", "0000000000000ab"}, {"00000000000000ab", "000000000000000ab"},
      {"'00000000000000ab'", "171"}, {"'file_digest':''", "'file_digest':'00'"}, {"'file_digest':''", "'file_digest':null"}, {"1111", "111"},
      {"1111", "111A"},
      // Documents and sources.
      {"'documents':[", "'documents':[1,"}, {"{'number':1", "{'number':0"}, {"{'number':1", "{'number':2"}, {"'documents':[", "'documents':{},'x':["},
      {"'kind':'jwks_url'", "'kind':'jwks'"}, {"'url':'https://id.example.com/jwks'", "'url':''"}, {"'url':'https://id", "'url':'\\u000ahttps://id"},
      {"keys-162b3f13961a6343c471c8d04cf3a14b", "keys-901243aeab439115b264bac9923888b4"}, {"'keys-162b3f13961a6343c471c8d04cf3a14b'", "''"}, {"keys-162b3f13961a6343c471c8d04cf3a14b", "state"}, {"keys-162b3f13961a6343c471c8d04cf3a14b", "keys-162b3f13961a6343c471c8d04cf3a14b.tmp"},
      {"keys-162b3f13961a6343c471c8d04cf3a14b", "keys-162b3f13961a6343c471c8d04cf3a14b.damaged"}, {"keys-162b3f13961a6343c471c8d04cf3a14b", "../keys-162b3f13961a6343c471c8d04cf3a14b"}, {"keys-162b3f13961a6343c471c8d04cf3a14b", "document-1-0123456789abcdef"},
      {",'file':'keys-162b3f13961a6343c471c8d04cf3a14b'", ""}, {"'file':'keys-162b3f13961a6343c471c8d04cf3a14b'", "'file':'keys-162b3f13961a6343c471c8d04cf3a14b','x':1"}, {"'keys-162b3f13961a6343c471c8d04cf3a14b'", "1"},
      // Deployments: order, numbers, times, kinds.
      {"'number':1,'deployed_at'", "'number':2,'deployed_at'"}, {"'number':1,'deployed_at'", "'number':0,'deployed_at'"},
      {"'number':2,'deployed_at'", "'number':4,'deployed_at'"}, {"1700000001", "253402300800"}, {"1700000001", "-1"}, {"'kind':'full'", "'kind':'unset'"},
      {"'kind':'full'", "'kind':''"}, {"'kind':'full'", "'kind':'Full'"}, {"'kind':'full'", "'kind':'rollback'"}, {"'restores':1", "'restores':0"},
      {"'restores':1", "'restores':3"}, {"'restores':0", "'restores':1"}, {"'base':1", "'base':0"}, {"'base':1", "'base':2"}, {"'base':1,", ""},
      {"'document':1,'base'", "'document':2,'base'"}, {"'number':2,'digest'", "'number':3,'digest'"},
      // API services and staged names.
      {"{'name':'orders','document':2}", "{'name':'payments','document':2}"}, {"'name':'orders'", "'name':''"},
      {"'orders','document':2", "'orders','document':3"}, {"'orders','document':1", "'orders','document':0"},
      {"'orders','document':1", "'orders','document':1,'x':1"}, {"{'name':'orders','document':1}", "'orders'"}, {"['orders']", "['orders','orders']"},
      {"['orders']", "['']"}, {"['orders']", "[1]"}, {"'staged':[]", "'staged':['orders']"},
      // Withheld keys.
      {"'withheld':[{'document':1", "'withheld':[{'document':0"}, {"'withheld':[{'document':1", "'withheld':[{'document':4"}, {"'corp'", "''"},
      {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}, {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
      {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
      {"'withheld':[{", "'withheld':[{'document':1,'oauth_server':'corp','keys':[]},{"},
      // Withdrawn keys.
      {"'withdrawn'", "'withdraw'"}, {"'withdrawn':[", "'withdrawn':{},'x':["}, {"'withdrawn':[", "'withdrawn':[1,"}, {"'withdrawn':[", "'withdrawn':[{},"},
      {",'withdrawn':[", ",'withdrawn':[],'withdrawn':["}, {"'urn:batch'", "'https://id.example.com'"}, {"'urn:batch'", "'https:\\u002f/id.example.com'"},
      {"'urn:batch'", "''"}, {"'urn:batch'", "null"}, {"'issuer':'urn:batch',", ""}, {"'issuer':'urn:batch'", "'issuer':'urn:batch','issuer':'urn:batch'"},
      {"'issuer':'urn:batch'", "'issuer':'urn:batch','x':1"}, {"'urn:batch'", "['urn:batch']"}, {"'key':'ee", "'key':'e"}, {"'key':'ee", "'key':'eee"},
      {"'key':'ee", "'key':'eE"}, {"'key':'ee", "'key':'eg"}, {"'urn:batch','key':'ee", "'urn:batch','kid':'ee"},
      {"'key':'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee'", "'key':0"},
  };
  for (const Edit& edit : edits) {
    const auto decoded = decode_state(seal("state", edit.in(kStateLine), {}).content);
    EXPECT_FALSE(decoded) << edit.from << " -> " << edit.to;
  }
  EXPECT_EQ(std::size(edits), 95U);
  // The member is required even when there is nothing in it; and an issuer has its limits.
  const std::string none(kStateLine.substr(0, kStateLine.find(R"(,"withdrawn")")));
  EXPECT_TRUE(decode_state(seal("state", none + R"(,"withdrawn":[]})", {}).content));
  EXPECT_FALSE(decode_state(seal("state", none + "}", {}).content));
  const std::string long_issuer(limits::kIssuerBytesMax, 'x');
  EXPECT_TRUE(decode_state(seal("state", replaced(kStateLine, "urn:batch", long_issuer), {}).content));
  EXPECT_FALSE(decode_state(seal("state", replaced(kStateLine, "urn:batch", long_issuer + "x"), {}).content));
  EXPECT_FALSE(decode_state(seal("state", replaced(kStateLine, "urn:batch", "\xff"), {}).content));
  EXPECT_FALSE(decode_state(seal("state", kStateLine, "\n").content));
  EXPECT_FALSE(decode_state(seal("keys", kStateLine, {}).content));
}

TEST(Format, RefusesKeysWithAnyMistake) {
  constexpr std::string_view jwks = R"({"keys":[]})";
  ASSERT_TRUE(decode_keys(seal("keys", kKeysLine, jwks).content));
  const Edit edits[] = {
      {"jwks_url", "jwks"}, {"'https://id.example.com/jwks'", "''"}, {"'generation':5", "'generation':-5"}, {"1700000005", "253402300800"},
      {"1700000000", "1.5"}, {"'since':[{", "'since':[{'key':'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','at':0},{"}, {"aaaa", "aaa"}, {"aaaa", "aaaA"},
      {"'at':1700000000", "'at':1700000000,'x':1"}, {"'at':1700000000", "'at':-1"}, {"'since':[{", "'since':[1,{"}, {",'checked_at':1700000005", ""},
      {"'generation':5", "'generation':5,'more':5"}, {"'since':[", "'since':{},'x':["}, {"{", "{{"},
      // How it is reached, and its entity tag.
      {"'ca_file':'',", ""}, {"'client_certificate':'',", ""}, {"'client_key':'',", ""}, {"'proxy':'',", ""}, {"'allow_http':false,", ""}, {"'etag':'',", ""},
      {"'ca_file':''", "'ca_file':null"}, {"'ca_file':''", "'ca_file':'/a\\u000a'"}, {"'proxy':''", "'proxy':'http://p:1\\u000a'"}, {"'proxy':''", "'proxy':false"},
      {"'client_certificate':''", "'client_certificate':'/c'"}, {"'client_key':''", "'client_key':'/k'"}, {"'allow_http':false", "'allow_http':'false'"},
      {"'allow_http':false", "'allow_http':0"}, {"'allow_http':false", "'allow_http':null"}, {"'etag':''", "'etag':null"}, {"'etag':''", "'etag':'','etag':''"},
  };
  for (const Edit& edit : edits) EXPECT_FALSE(decode_keys(seal("keys", edit.in(kKeysLine), jwks).content)) << edit.from << " -> " << edit.to;
  EXPECT_EQ(std::size(edits), 32U);
  // Each text of the line at its limit, and beyond.
  const auto with = [&](std::string_view edit_from, const std::string& edit_to) {
    return decode_keys(seal("keys", replaced(kKeysLine, Edit::quoted(edit_from), Edit::quoted(edit_to)), jwks).content).has_value();
  };
  for (const auto& [name, bytes_max] : {std::pair{"ca_file", limits::kPathBytesMax}, {"proxy", limits::kUrlBytesMax}, {"etag", limits::kEtagBytesMax}}) {
    const std::string member = std::string("'") + name + "':'";
    EXPECT_TRUE(with(member + "'", member + std::string(bytes_max, 'x') + "'")) << name;
    EXPECT_FALSE(with(member + "'", member + std::string(bytes_max + 1, 'x') + "'")) << name;
  }
  for (const bool certificate : {true, false}) {
    for (const std::size_t more : {0U, 1U}) {
      const std::string longest(limits::kPathBytesMax, 'x');
      const std::string extra(more, 'x');
      EXPECT_EQ(with("'client_certificate':'','client_key':''", "'client_certificate':'" + longest + (certificate ? extra : "") + "','client_key':'" + longest + (certificate ? "" : extra) + "'"),
                more == 0);
    }
  }
  const std::string long_url(limits::kUrlBytesMax, 'x');
  EXPECT_TRUE(decode_keys(seal("keys", replaced(kKeysLine, "https://id.example.com/jwks", long_url), jwks).content));
  EXPECT_FALSE(decode_keys(seal("keys", replaced(kKeysLine, "https://id.example.com/jwks", long_url + "x"), jwks).content));
  for (const std::string_view other : {"", "[]", "{", R"({"keys":[]}})", R"({"keys":[]} x)", "\xef\xbb\xbf{}", "null"}) {
    EXPECT_FALSE(decode_keys(seal("keys", kKeysLine, other).content)) << other;
  }
}

TEST(Format, RefusesDocumentsWithAnyMistake) {
  for (const std::string_view line : {"", "{}", "{'number':0,'deployed_at':1}", "{'number':1}", "{'number':1,'deployed_at':-1}", "{'number':1,'deployed_at':1,'x':1}",
                                      "{'number':1,'number':1,'deployed_at':1}", "[1,1]", "{'number':1,'deployed_at':1}}"}) {
    EXPECT_FALSE(decode_document(seal("document", Edit::quoted(line), "text").content)) << line;
  }
  EXPECT_TRUE(decode_document(seal("document", R"( { "deployed_at": 1, "number": 1 } )", "text").content));
}

TEST(Format, NamesAVersionThatItDoesNotKnow) {
  const std::string content = seal("state", kStateLine, {}).content;
  for (const std::string_view version : {"1", "3", "0", "10", "999999"}) {
    const auto decoded = decode_state(replaced(content, "state 2 ", "state " + std::string(version) + " "));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().what, "it has version " + std::string(version) + ", which this daemon does not know");
  }
  for (const std::string_view version : {"02", "2 ", "", "-2", "2.0", "x", "2\t"}) {
    EXPECT_FALSE(decode_state(replaced(content, "state 2 ", "state " + std::string(version) + " "))) << version;
  }
}

TEST(Format, RefusesToWriteWhatCouldNotBeReadBack) {
  const auto refused = [](auto change) {
    StateFile file = state_file();
    change(file);
    const auto encoded = encode_state(file);
    return encoded ? std::string() : encoded.error().what;
  };
  EXPECT_EQ(refused([](StateFile&) {}), "");
  EXPECT_NE(refused([](StateFile& file) { file.state.deployments[0].kind = DeploymentKind::unset; }), "");
  EXPECT_NE(refused([](StateFile& file) { file.state.deployments[0].deployed_at_s = -1; }), "");
  EXPECT_NE(refused([](StateFile& file) { file.state.deployments[0].api_services[0].name = "\xff"; }), "");
  EXPECT_NE(refused([](StateFile& file) { file.state.deployments[0].api_services.push_back({"orders", 1}); }), "");
  EXPECT_NE(refused([](StateFile& file) { std::swap(file.state.deployments[0], file.state.deployments[1]); }), "");
  EXPECT_EQ(refused([](StateFile& file) { file.documents.pop_back(); }), "could not be read back: deployment 2 needs a document that is not listed");
  EXPECT_NE(refused([](StateFile& file) { file.state.file_digest = "x"; }), "");
  EXPECT_EQ(refused([](StateFile& file) { file.state.withdrawn.push_back(file.state.withdrawn[0]); }),
            "could not be read back: its withdrawn keys are malformed");
  EXPECT_NE(refused([](StateFile& file) { file.state.withdrawn[0].issuer.clear(); }), "");
  EXPECT_NE(refused([](StateFile& file) { file.state.withdrawn[0].issuer = std::string(limits::kIssuerBytesMax + 1, 'x'); }), "");
  EXPECT_NE(refused([](StateFile& file) { file.state.withdrawn[0].issuer = "\xff"; }), "");
  EXPECT_NE(refused([](StateFile& file) { file.state.withdrawn[0].key.pop_back(); }), "");
  EXPECT_FALSE(encode_document({.number = 1, .deployed_at_s = 0, .text = nullptr}));
  EXPECT_FALSE(encode_document(*test::document(0, "")));
  EXPECT_FALSE(encode_keys(*test::source("", 1)));
  const auto keys_refused = [](auto change) {
    SourceRecord record = *test::source_by_way(*test::source("https://id.example.com/jwks", 1), "/etc/assay/ca.pem");
    change(record);
    return !encode_keys(record).has_value();
  };
  EXPECT_FALSE(keys_refused([](SourceRecord&) {}));
  EXPECT_TRUE(keys_refused([](SourceRecord& record) { record.client_key.clear(); }));
  EXPECT_TRUE(keys_refused([](SourceRecord& record) { record.ca_file += "\n"; }));
  EXPECT_TRUE(keys_refused([](SourceRecord& record) { record.ca_file += "\xff"; }));
  EXPECT_TRUE(keys_refused([](SourceRecord& record) { record.etag = "\xff"; }));
  EXPECT_TRUE(keys_refused([](SourceRecord& record) { record.etag = std::string(limits::kEtagBytesMax + 1, 'x'); }));
  EXPECT_FALSE(encode_keys(*test::source("https://id.example.com/jwks", 1, "no JSON")));
}

TEST(Format, HoldsToItsLimits) {
  const std::string url = "https://id.example.com/jwks";
  const auto jwks = [](std::size_t bytes) { return "{\"x\":\"" + std::string(bytes, 'x') + "\"}"; };
  EXPECT_TRUE(encode_keys(*test::source(url, 1, jwks(limits::kKeysFileBytesMax - 1024))));
  EXPECT_FALSE(encode_keys(*test::source(url, 1, jwks(limits::kKeysFileBytesMax))));
  EXPECT_TRUE(encode_document(*test::document(1, std::string(limits::kControlFrameBytesMax, 'x'))));
  EXPECT_FALSE(encode_document(*test::document(1, std::string(limits::kDocumentFileBytesMax, 'x'))));
}

// The sum at limits::kStateFileBytesMax.
TEST(Format, TakesNoMoreForAnApiServiceThanItsLimitSays) {
  StateFile file = state_file();
  auto& deployment = file.state.deployments[1];
  const auto bytes = [&file] { return encode_state(file)->content.size(); };
  const std::size_t before = bytes();
  deployment.number = ~std::uint64_t{0} - 1;
  file.state.deployments[2].number = ~std::uint64_t{0};
  file.documents.push_back({deployment.number, std::string(64, '3')});
  const std::size_t with_document = bytes();
  const std::string worst(256, '\x01');
  deployment.api_services.push_back({worst, deployment.number});
  const std::size_t with_service = bytes();
  deployment.staged.push_back(worst);
  EXPECT_GT(with_document, before);
  EXPECT_LE(with_service - with_document, limits::kServiceInStateBytesMax);
  EXPECT_LE(bytes() - with_service, limits::kStagedInStateBytesMax);
}

TEST(Format, TakesNoMoreForASourceThanItsLimitSays) {
  StateFile file = state_file();
  const std::size_t before = encode_state(file)->content.size();
  file.sources.push_back({.kind = "discovery", .url = std::string(limits::kUrlBytesMax, 'x'), .file = "keys-" + std::string(32, '0')});
  EXPECT_EQ(encode_state(file)->content.size() - before, limits::kSourceInStateBytesMax);
}

TEST(Format, TakesNoMoreForAWithdrawnKeyThanItsLimitSays) {
  StateFile file = state_file();
  const std::size_t before = encode_state(file)->content.size();
  file.state.withdrawn.push_back({.issuer = std::string(limits::kIssuerBytesMax, 'x'), .key = std::string(64, '0')});
  EXPECT_EQ(encode_state(file)->content.size() - before, limits::kWithdrawnInStateBytesMax);
}

TEST(Format, HoldsEveryInlineKeyThatADocumentMayHaveAsWithdrawn) {
  StateFile file = state_file();
  file.state.withdrawn.clear();
  for (std::size_t i = 0; i < limits::kWithdrawnMax; ++i) {
    std::string key = std::to_string(i);
    key.insert(0, 64 - key.size(), '0');
    file.state.withdrawn.push_back({.issuer = "https://id.example.com", .key = std::move(key)});
  }
  const auto encoded = encode_state(file);
  EXPECT_TRUE(encoded) << encoded.error().what;
  EXPECT_EQ(file.state.withdrawn.size(), 174'762U);
}

// 2.1 million commas in names: more than a JSON text may have, were they written as they are.
TEST(Format, DoesNotMindCommasInNames) {
  StateFile file = state_file();
  auto& services = file.state.deployments[0].api_services;
  const std::string commas(252, ',');
  for (std::size_t i = 0; i < 8192 + 200; ++i) services.push_back({commas + std::to_string(i), 1});
  EXPECT_TRUE(encode_state(file));
  EXPECT_GT(services.size() * commas.size(), base::limits::kDocumentCommasMax);
}

}  // namespace
}  // namespace assay::store
