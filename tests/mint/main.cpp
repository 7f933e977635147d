// assay-mint: keys, tokens, bad tokens and configurations on the command line, for the demo, for benchmarks and for trying things out. It signs
// whatever it is told to and is no part of an installation. Exit status: 0 done, 2 anything else.
#include <CLI/CLI.hpp>

#include <csignal>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include "mint/attacks.h"
#include "mint/fixture.h"
#include "mint/json.h"
#include "mint/token.h"
#include "support/https_server.h"
#include "support/test_ca.h"

namespace {

using namespace assay;

void write_file(const std::filesystem::path& file, std::string_view text) {
  if (file == "-") {
    std::cout << text;
    return;
  }
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Each command adds its options to a subcommand and returns what to do once they are parsed.
using Command = std::function<void()>;

Command keys_command(CLI::App& app) {
  struct Options {
    std::filesystem::path directory;
    std::vector<std::string> algorithms{std::begin(mint::kAlgorithms), std::end(mint::kAlgorithms)};
    int rsa_bits = 2048;
    std::uint64_t rsa_exponent = 65537;
    std::string kid;
  };
  const auto options = std::make_shared<Options>();
  app.add_option("--dir", options->directory,
                 "Where to: one ALGORITHM.pem for each key, and jwks.json with all public halves. Files there are replaced.")
      ->required();
  app.add_option("--algorithm", options->algorithms,
                 "An algorithm to make a key for, such as RS256 or EdDSA; may be given more than once. Without it: all.");
  app.add_option("--rsa-bits", options->rsa_bits, "Size of RSA keys.")->capture_default_str();
  app.add_option("--rsa-exponent", options->rsa_exponent, "Public exponent of RSA keys.")->capture_default_str();
  app.add_option("--kid", options->kid, "The kid, of a single key. Without it: the algorithm's name in lower case.");
  return [options] {
    if (!options->kid.empty() && options->algorithms.size() != 1) throw std::runtime_error("--kid is for a single key: say one --algorithm");
    std::filesystem::create_directories(options->directory);
    std::vector<mint::Key> keys;
    for (const std::string& algorithm : options->algorithms) {
      keys.push_back(mint::Key::generate(algorithm, {.kid = options->kid, .rsa_bits = options->rsa_bits, .rsa_exponent = options->rsa_exponent}));
      keys.back().save(options->directory / (algorithm + ".pem"));
    }
    write_file(options->directory / "jwks.json", mint::pretty(mint::jwks(keys)) + "\n");
    std::cout << (options->directory / "jwks.json").string() << "\n";
  };
}

Command configuration_command(CLI::App& app) {
  struct Options {
    std::filesystem::path directory;
    std::filesystem::path out;
    std::int64_t skew_s = -1;
    std::vector<std::string> without;
  };
  const auto options = std::make_shared<Options>();
  app.add_option("--dir", options->directory, "Where the keys are. If there are none, they are made and stay there for later commands.")->required();
  app.add_option("--out", options->out, "The file to write; - for standard output. Without it: configuration.json beside the keys.");
  app.add_option("--skew", options->skew_s, "Clock skew tolerance of the OAuth server behind `orders`, in seconds.");
  app.add_option("--without", options->without,
                 "A kid to leave out of the OAuth server behind `orders`, as if its key had been withdrawn; may be given more than once.");
  return [options] {
    mint::Fixture fixture = mint::Fixture::load_or_generate(options->directory);
    if (options->skew_s >= 0) fixture.orders.skew_s = options->skew_s;
    for (const std::string& kid : options->without) {
      if (std::erase_if(fixture.orders.keys, [&](const mint::Key& key) { return key.kid() == kid; }) == 0)
        throw std::runtime_error("no key '" + kid + "'");
    }
    const auto file = options->out.empty() ? options->directory / "configuration.json" : options->out;
    write_file(file, fixture.configuration());
    if (file != "-") std::cout << file.string() << "\n";
  };
}

Command token_command(CLI::App& app) {
  struct Options {
    std::filesystem::path key;
    std::string algorithm, issuer, audience, kid, scope;
    std::string type = "at+jwt";
    std::int64_t lifetime_s = 300;
    std::int64_t age_s = 0;
    std::uint64_t count = 1;
    std::vector<std::string> claims;
    bool no_kid = false;
  };
  const auto options = std::make_shared<Options>();
  app.add_option("--key", options->key, "The private key, in PEM; those of `keys` and `configuration` also know their algorithm and kid.")->required();
  app.add_option("--alg", options->algorithm, "The algorithm to sign with. Without it: the key's.");
  app.add_option("--iss", options->issuer, "The issuer.")->required();
  app.add_option("--aud", options->audience, "The audience.")->required();
  app.add_option("--kid", options->kid, "The kid. Without it: the key's.");
  app.add_flag("--no-kid", options->no_kid, "Leave out the kid.");
  app.add_option("--lifetime", options->lifetime_s, "Seconds from issue to expiry.")->capture_default_str();
  app.add_option("--age", options->age_s, "Seconds since the issue. More than the lifetime makes an expired token.")->capture_default_str();
  app.add_option("--scope", options->scope, "Scopes, divided by blanks.");
  app.add_option("--claim", options->claims, "Another claim, as name=JSON, such as tenant='\"north\"'; may be given more than once.");
  app.add_option("--type", options->type, "The header's typ; empty for none.")->capture_default_str();
  app.add_option("--count", options->count, "How many tokens; they differ in jti.")->capture_default_str();
  return [options] {
    const mint::Key key = mint::Key::load(options->key);
    mint::JsonObject extras;
    if (!options->scope.empty()) extras.set("scope", mint::quote(options->scope));
    for (const std::string& claim : options->claims) {
      const std::size_t equals = claim.find('=');
      if (equals == std::string::npos || !mint::is_json(claim.substr(equals + 1)))
        throw std::runtime_error("--claim wants name=JSON, not '" + claim + "'");
      extras.set(claim.substr(0, equals), claim.substr(equals + 1));
    }
    mint::HeaderOptions header;
    if (!options->algorithm.empty()) header.algorithm = options->algorithm;
    if (!options->kid.empty()) header.kid = options->kid;
    header.with_kid = !options->no_kid && !(options->kid.empty() && key.kid().empty());
    header.type = options->type.empty() ? std::nullopt : std::optional(options->type);
    const std::int64_t issued_s = std::time(nullptr) - options->age_s;
    for (std::uint64_t i = 0; i < options->count; ++i) {
      std::cout << mint::token(key, mint::claims(options->issuer, options->audience, issued_s, options->lifetime_s, extras), header) << '\n';
    }
  };
}

// What --list and --long say of an attack, in fields divided by tabulators.
std::string summary(const mint::Attack& attack) {
  return attack.name + '\t' + std::string(schema::info(attack.expected).name) + '\t' + attack.api_service + '\t';
}

Command bad_command(CLI::App& app) {
  struct Options {
    std::filesystem::path directory;
    std::vector<std::string> names;
    std::string attacker_url;
    std::int64_t now_s = 0;
    bool list = false, all = false, with_names = false;
  };
  const auto options = std::make_shared<Options>();
  app.add_option("name", options->names, "The bad tokens wanted, by name.");
  app.add_flag("--list", options->list, "List them all: name, verdict expected, API service to ask, RFC section, explanation; divided by tabulators.");
  app.add_flag("--all", options->all, "All that fit on a line: a few hold line breaks or NULs and can be had by name alone.");
  app.add_flag("--long", options->with_names, "Before each token its name, the verdict expected and the API service, divided by tabulators.");
  app.add_option("--dir", options->directory,
                 "Where the keys of `configuration` are; made if there are none. Tokens under other keys mean nothing to the daemon.");
  app.add_option("--now", options->now_s, "The time that the tokens are made for, in seconds since 1970. Without it: now.");
  app.add_option("--attacker-url", options->attacker_url, "What jku and x5u point to.");
  return [options] {
    if (!options->list && !options->all && options->names.empty()) throw std::runtime_error("name a bad token, or say --list or --all");
    if (!options->list && options->directory.empty()) throw std::runtime_error("--dir is needed: the directory given to `assay-mint configuration`");
    mint::Target target;
    target.fixture = options->directory.empty() ? mint::Fixture::generate() : mint::Fixture::load_or_generate(options->directory);
    target.now_s = options->now_s != 0 ? options->now_s : std::time(nullptr);
    if (!options->attacker_url.empty()) target.attacker_url = options->attacker_url;
    const std::vector<mint::Attack> attacks = mint::attacks(target);
    const auto show = [&](const mint::Attack& attack) {
      if (options->list) std::cout << summary(attack) << attack.rfc << '\t' << mint::printable(attack.what) << '\n';
      else std::cout << (options->with_names ? summary(attack) : "") << attack.token << '\n';
    };
    for (const std::string& name : options->names) {
      if (mint::find_attack(attacks, name) == nullptr) throw std::runtime_error("no bad token '" + name + "'; --list names them");
    }
    for (const std::string& name : options->names) show(*mint::find_attack(attacks, name));
    if (!options->names.empty()) return;
    for (const mint::Attack& attack : attacks) {
      if (options->list || attack.token.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos) show(attack);
    }
  };
}

Command decode_command(CLI::App&) {
  return [] {
    for (std::string line; std::getline(std::cin, line);) {
      const auto decoded = mint::decode(line);
      if (!decoded) throw std::runtime_error("not three parts of base64url");
      std::cout << mint::pretty(decoded->header) << "\n"
                << mint::pretty(decoded->payload) << "\n(signature of " << decoded->signature.size() << " octets, not verified)\n";
    }
  };
}

Command serve_command(CLI::App& app) {
  struct Options {
    std::filesystem::path jwks;
    std::filesystem::path ca;
  };
  const auto options = std::make_shared<Options>();
  app.add_option("--jwks", options->jwks, "The file with the JWK Set, read anew for each request: whoever replaces it rotates the keys.")
      ->check(CLI::ExistingFile)
      ->required();
  app.add_option("--ca", options->ca, "The file to write: the certificate of the authority, made for this run, that vouches for the server.")->required();
  return [options] {
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stops, nullptr);  // before there are threads, which inherit it
    const tests::TestCa ca;
    write_file(options->ca, ca.certificate());
    const auto answer = [options](const tests::HttpRequest& request) {
      const std::string issuer = "https://" + request.header("Host").value_or("");
      if (request.target == "/.well-known/openid-configuration") {
        return tests::json_reply(mint::JsonObject{{"issuer", mint::quote(issuer)}, {"jwks_uri", mint::quote(issuer + "/jwks")}}.text());
      }
      if (request.target == "/jwks") return tests::json_reply(read_file(options->jwks));
      return tests::http_reply("404 Not Found", "");
    };
    const tests::HttpsServer server({.identity = ca.issue(), .client_ca = {}}, answer);
    std::cout << server.url("") << std::endl;  // who starts it waits for this line
    int signal = 0;
    sigwait(&stops, &signal);
  };
}

int run(int argc, char** argv) {
  CLI::App app("Makes keys, tokens, bad tokens and configurations to try assayd with. Never use its keys for anything real.", "assay-mint");
  app.require_subcommand(1);
  std::vector<std::pair<CLI::App*, Command>> commands;
  const auto command = [&](const char* name, const char* help, Command (*make)(CLI::App&)) {
    CLI::App* const sub = app.add_subcommand(name, help);
    commands.emplace_back(sub, make(*sub));
  };
  command("keys", "Make signing keys and the JWK Set of their public halves.", keys_command);
  command("configuration", "Write a configuration with two OAuth servers and two API services, `orders` and `payments`.", configuration_command);
  command("token", "Make good tokens, one a line.", token_command);
  command("bad", "Make bad tokens by name, one a line. Each has one verdict that is right for it.", bad_command);
  command("decode", "Read tokens from standard input, one a line, and show their headers and payloads. Verifies nothing.", decode_command);
  command("serve", "Be an issuer with TLS on the loopback, for discovery and its keys alone, until SIGINT or SIGTERM. Its URL is the line of output.", serve_command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  for (const auto& [sub, work] : commands) {
    if (sub->parsed()) work();
  }
  std::cout.flush();
  if (!std::cout) throw std::runtime_error("cannot write to standard output");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "assay-mint: " << error.what() << "\n";
    return 2;
  }
}
