// The log in the journal, against a socket of the test's that reads the native protocol as strictly as it is written down. That the real journal takes it, too, is shown in the booted system (tests/systemd).
#include "server/journal_log.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <utility>

#include "server/fixture.h"

namespace assay::server {
namespace {

using base::Event;
using base::LogField;
using base::LogLevel;
using test::SocketFolder;
using testing::ElementsAre;
using testing::Pair;

using Entry = std::vector<std::pair<std::string, std::string>>;

// parse(datagram): names and values in their order; empty if it is not of the protocol.
Entry parse(std::string_view datagram) {
  Entry entry;
  while (!datagram.empty()) {
    const std::size_t name_end = datagram.find_first_of("=\n");
    if (name_end == std::string_view::npos || name_end == 0) return {};
    const std::string name(datagram.substr(0, name_end));
    if (name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != std::string::npos || name.front() == '_') return {};
    const bool is_sized = datagram[name_end] == '\n';
    datagram.remove_prefix(name_end + 1);
    std::size_t bytes = datagram.find('\n');
    if (is_sized) {
      if (datagram.size() < 8) return {};
      bytes = 0;
      for (std::size_t i = 0; i < 8; ++i) bytes |= static_cast<std::size_t>(static_cast<unsigned char>(datagram[i])) << (8 * i);
      datagram.remove_prefix(8);
    }
    if (bytes >= datagram.size() || datagram[bytes] != '\n') return {};
    entry.emplace_back(name, datagram.substr(0, bytes));
    datagram.remove_prefix(bytes + 1);
  }
  return entry;
}

// Journal: a socket at a path, as systemd-journald has one.
class Journal {
 public:
  explicit Journal(const std::string& path) : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    if (::bind(descriptor_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) ADD_FAILURE() << "bind: " << std::strerror(errno);
  }
  // take(): the next entry, if one is there.
  std::optional<Entry> take() const {
    std::vector<char> room(1 << 16);
    const ssize_t got = ::recv(descriptor_.get(), room.data(), room.size(), MSG_DONTWAIT);
    if (got < 0) return std::nullopt;
    return parse({room.data(), static_cast<std::size_t>(got)});
  }

 private:
  Fd descriptor_;
};

// Stream: standard error's two ends.
struct Stream {
  Stream() {
    std::array<int, 2> both{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data()) != 0) ADD_FAILURE() << "socketpair: " << std::strerror(errno);
    ours = Fd(both[0]);
    theirs = Fd(both[1]);
  }
  // take(): what came so far.
  std::string take() const {
    std::string all;
    std::array<char, 4096> room{};
    for (ssize_t got = 0; (got = ::recv(theirs.get(), room.data(), room.size(), MSG_DONTWAIT)) > 0;) all.append(room.data(), static_cast<std::size_t>(got));
    return all;
  }
  Fd ours;
  Fd theirs;
};

std::string value_of(const Entry& entry, std::string_view name) {
  for (const auto& [n, value] : entry) {
    if (n == name) return value;
  }
  return "(none)";
}

// systemd.journal-fields(7): PRIORITY is syslog's. A line that is no event has no more than people read.
TEST(JournalEntry, IsALineWithItsPriority) {
  EXPECT_THAT(parse(journal_entry("assayd", LogLevel::info, Event::none, {}, "stopping = 1")),
              ElementsAre(Pair("PRIORITY", "6"), Pair("SYSLOG_IDENTIFIER", "assayd"), Pair("MESSAGE", "stopping = 1")));
  EXPECT_EQ(value_of(parse(journal_entry("p", LogLevel::debug, Event::none, {}, "x")), "PRIORITY"), "7");
  EXPECT_EQ(value_of(parse(journal_entry("p", LogLevel::warning, Event::none, {}, "x")), "PRIORITY"), "4");
  EXPECT_EQ(value_of(parse(journal_entry("p", LogLevel::error, Event::none, {}, "x")), "PRIORITY"), "3");
  EXPECT_EQ(value_of(parse(journal_entry("p", LogLevel::alarm, Event::none, {}, "x")), "PRIORITY"), "2");
}

// An event is found by its id, its name or any of its fields; a field that stands twice has both values.
TEST(JournalEntry, HasAnEventsNameIdAndFields) {
  const std::vector<LogField> fields{{"URL", "https://id.example.com/jwks"}, {"OAUTH_SERVER", "a"}, {"OAUTH_SERVER", "b c"}};
  EXPECT_THAT(parse(journal_entry("assayd", LogLevel::info, Event::keys_fetched, fields, "keys fetched")),
              ElementsAre(Pair("PRIORITY", "6"), Pair("SYSLOG_IDENTIFIER", "assayd"), Pair("MESSAGE", "keys fetched"), Pair("MESSAGE_ID", "97d740825eda4d79940212c4e8435df1"),
                          Pair("ASSAY_EVENT", "keys_fetched"), Pair("ASSAY_URL", "https://id.example.com/jwks"), Pair("ASSAY_OAUTH_SERVER", "a"), Pair("ASSAY_OAUTH_SERVER", "b c")));
}

// A line break in a line is one, and begins no field.
TEST(JournalEntry, KeepsSeveralLinesTogether) {
  const std::string text = "one\nPRIORITY=0\n" + std::string(70'000, 'x');
  EXPECT_THAT(parse(journal_entry("assayd", LogLevel::error, Event::none, {}, text)), ElementsAre(Pair("PRIORITY", "3"), Pair("SYSLOG_IDENTIFIER", "assayd"), Pair("MESSAGE", text)));
  EXPECT_THAT(parse(journal_entry("assayd", LogLevel::error, Event::none, {}, "")), ElementsAre(Pair("PRIORITY", "3"), Pair("SYSLOG_IDENTIFIER", "assayd"), Pair("MESSAGE", "")));
}

// What an issuer put into a kid stays in its field.
TEST(JournalEntry, LetsNoValueBeginAField) {
  const std::vector<LogField> fields{{"OAUTH_SERVER", "a"}, {"KID", "k\nPRIORITY=0\nMESSAGE=all is well\n"}};
  const Entry entry = parse(journal_entry("assayd", LogLevel::alarm, Event::secret_published, fields, "x"));
  EXPECT_EQ(entry.size(), 7U);
  EXPECT_EQ(value_of(entry, "ASSAY_KID"), "k\\x0aPRIORITY=0\\x0aMESSAGE=all is well\\x0a");
}

TEST(JournalLog, SendsAnEntryForEachLineThatIsEnabled) {
  const SocketFolder folder;
  const Journal journal(folder.file("j"));
  const Stream stream;
  JournalLog log(LogLevel::info, "assay-fetch", folder.file("j"), stream.ours.get());
  log.debug("nobody wants {}", "this");
  log.info("connected: {}", 1);
  log.event(Event::fetcher_connected, {{"UID", 7}}, "of uid {}", 7);
  EXPECT_THAT(journal.take(), testing::Optional(ElementsAre(Pair("PRIORITY", "6"), Pair("SYSLOG_IDENTIFIER", "assay-fetch"), Pair("MESSAGE", "connected: 1"))));
  const auto second = journal.take();
  ASSERT_TRUE(second);
  EXPECT_EQ(value_of(*second, "ASSAY_UID"), "7");
  EXPECT_EQ(journal.take(), std::nullopt);
  EXPECT_EQ(stream.take(), "");
}

// Without a journal the lines go where they went before there was one; sd-daemon(3) has the form of their priority.
TEST(JournalLog, FallsBackToTheStreamUntilTheJournalIsThere) {
  const SocketFolder folder;
  const Stream stream;
  JournalLog log(LogLevel::info, "assayd", folder.file("j"), stream.ours.get());
  log.event(Event::keys_stale, {{"URL", "u"}}, "too old");
  log.info("two");
  EXPECT_EQ(stream.take(), "<2>too old\n<6>two\n");
  {
    const Journal journal(folder.file("j"));
    log.info("three");
    const auto entry = journal.take();
    ASSERT_TRUE(entry);
    EXPECT_EQ(value_of(*entry, "MESSAGE"), "three");
    EXPECT_EQ(journal.take(), std::nullopt);  // nothing was lost
  }
  log.info("four");  // its socket is a file on which nobody reads any more
  EXPECT_EQ(stream.take(), "<6>four\n");
  ASSERT_EQ(::unlink(folder.file("j").c_str()), 0);
  const Journal restarted(folder.file("j"));
  log.info("five");
  EXPECT_TRUE(restarted.take());
}

// A journal that does not read holds nobody up: this test would not end. What is lost is said, to the line, once there is room.
TEST(JournalLog, NeverWaitsAndSaysWhatIsLost) {
  const SocketFolder folder;
  const Journal journal(folder.file("j"));
  const Stream stream;
  const int small = 4096;
  ASSERT_EQ(::setsockopt(stream.ours.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  JournalLog log(LogLevel::info, "assayd", folder.file("j"), stream.ours.get());
  constexpr std::size_t kLines = 2'000;
  for (std::size_t i = 0; i < kLines; ++i) log.info("{:01000}", i);
  std::size_t taken = 0;
  while (journal.take()) ++taken;
  const std::string rest = stream.take();
  const auto on_stream = static_cast<std::size_t>(std::ranges::count(rest, '\n'));
  EXPECT_GT(taken, 0U);
  EXPECT_GT(on_stream, 0U);
  ASSERT_LT(taken + on_stream, kLines);

  log.warning("there is room again");
  const auto lost = journal.take();
  ASSERT_TRUE(lost);
  EXPECT_EQ(value_of(*lost, "ASSAY_EVENT"), "log_lines_lost");
  EXPECT_EQ(value_of(*lost, "ASSAY_COUNT"), std::to_string(kLines - taken - on_stream));
  const auto entry = journal.take();
  ASSERT_TRUE(entry);
  EXPECT_EQ(value_of(*entry, "MESSAGE"), "there is room again");
  log.info("said once");
  EXPECT_EQ(value_of(journal.take().value_or(Entry()), "MESSAGE"), "said once");
  EXPECT_EQ(journal.take(), std::nullopt);
}

// systemd.exec(5): the variable is inherited by programs whose standard error is something else by now.
TEST(JournalStream, IsTheOneThatTheEnvironmentNames) {
  const Stream stream;
  struct stat file {};
  ASSERT_EQ(::fstat(stream.ours.get(), &file), 0);
  const std::string name = fmt::format("{}:{}", file.st_dev, file.st_ino);
  EXPECT_TRUE(is_journal_stream(name, stream.ours.get()));
  EXPECT_FALSE(is_journal_stream(name, stream.theirs.get()));
  EXPECT_FALSE(is_journal_stream(fmt::format("{}:{}", file.st_dev + 1, file.st_ino), stream.ours.get()));
  EXPECT_FALSE(is_journal_stream(name, -1));
  for (const std::string& wrong : {std::string(), std::string(":"), name + "0", name + " ", " " + name, "x" + name, name + ":1", fmt::format("{}", file.st_dev), fmt::format("{}:", file.st_dev),
                                   fmt::format(":{}", file.st_ino), fmt::format("{} {}", file.st_dev, file.st_ino), std::string("99999999999999999999999:1")}) {
    EXPECT_FALSE(is_journal_stream(wrong, stream.ours.get())) << wrong;
  }
}

}  // namespace
}  // namespace assay::server
