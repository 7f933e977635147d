// The events' names, ids and fields are an interface: the table in the code, the one in docs/OPERATING.md and the catalog of the journal agree.
#include "base/event.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace assay::base {
namespace {

std::string read_source(const std::string& path) {
  std::ifstream file(std::string(ASSAY_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
    case LogLevel::alarm: return "alarm";
  }
  return "";
}

// row_of(info): an event as the manual has it, up to what it means.
std::string row_of(const EventInfo& info) {
  std::string fields;
  std::istringstream names{std::string(info.fields)};
  for (std::string name; names >> name;) fields += (fields.empty() ? "`" : ", `") + name + "`";
  return "| `" + std::string(info.name) + "` | " + std::string(name_of(info.level)) + " | `" + std::string(info.message_id) + "` | " + (fields.empty() ? "-" : fields) + " | ";
}

// sd-id128(3): 32 digits, lower case; two events with one id could not be told apart.
TEST(Events, HaveIdsOfTheirOwn) {
  std::set<std::string_view> ids;
  for (const EventInfo& info : kEvents) {
    EXPECT_EQ(info.message_id.size(), 32U) << info.name;
    EXPECT_EQ(info.message_id.find_first_not_of("0123456789abcdef"), std::string_view::npos) << info.name;
    EXPECT_TRUE(ids.insert(info.message_id).second) << info.name;
    EXPECT_EQ(&info_of(info.event), &info);
  }
}

// systemd.journal-fields(7): what has another name is dropped by the journal.
TEST(Events, HaveFieldsThatTheJournalTakes) {
  for (const EventInfo& info : kEvents) {
    EXPECT_EQ(info.fields.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_ "), std::string_view::npos) << info.name;
    EXPECT_FALSE(info.fields.contains("  ") || info.fields.starts_with(' ') || info.fields.ends_with(' ')) << info.name;
    EXPECT_FALSE((" " + std::string(info.fields) + " ").contains(" EVENT ")) << info.name;  // ASSAY_EVENT is the name
  }
}

TEST(EventsManual, HasEachEventAndNoOther) {
  std::istringstream manual(read_source("docs/OPERATING.md"));
  std::vector<std::string> rows;
  bool in_section = false;
  for (std::string line; std::getline(manual, line);) {
    if (line.starts_with("#")) in_section = line == "### Events in the log";
    if (in_section && line.starts_with("| `")) rows.push_back(line);
  }
  ASSERT_EQ(rows.size(), std::size(kEvents));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string expected = row_of(kEvents[i]);
    EXPECT_EQ(rows[i].substr(0, expected.size()), expected);
    EXPECT_EQ(std::ranges::count(rows[i], '|'), 7) << rows[i];
  }
}

// journalctl -x says what to do about whatever wakes somebody, and speaks only of fields that the event has.
TEST(EventsCatalog, KnowsTheAlarmsAndNoOtherIds) {
  std::istringstream catalog(read_source("systemd/assay.catalog"));
  std::map<std::string, std::string> texts;
  std::string* text = nullptr;
  for (std::string line; std::getline(catalog, line);) {
    if (line.starts_with("-- ")) {
      const auto [entry, is_new] = texts.try_emplace(line.substr(3));
      EXPECT_TRUE(is_new) << line;
      text = &entry->second;
    } else if (text != nullptr) {
      *text += line + "\n";
    }
  }
  for (const EventInfo& info : kEvents) {
    const auto found = texts.extract(std::string(info.message_id));
    if (found.empty()) {
      EXPECT_LT(info.level, LogLevel::error) << info.name << " has no text";
      continue;
    }
    EXPECT_TRUE(found.mapped().starts_with("Subject: ")) << info.name;
    for (std::size_t at = found.mapped().find('@'); at != std::string::npos; at = found.mapped().find('@', at + 1)) {
      const std::size_t end = found.mapped().find('@', at + 1);
      ASSERT_NE(end, std::string::npos) << info.name;
      const std::string field = found.mapped().substr(at + 1, end - at - 1);
      EXPECT_TRUE(field.starts_with("ASSAY_") && (" " + std::string(info.fields) + " ").contains(" " + field.substr(6) + " ")) << info.name << " has no field " << field;
      at = end;
    }
  }
  EXPECT_TRUE(texts.empty()) << "no event has the id " << texts.begin()->first;
}

}  // namespace
}  // namespace assay::base
