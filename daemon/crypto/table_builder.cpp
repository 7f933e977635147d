// No plan is kept: each time the whole picture is looked at anew, so that a deploy, a withdrawal or a change in what is used needs no message. A key whose table was made stays as it is
// for the life of the key; only what nobody holds any more gives its bytes back.
#include "crypto/table_builder.h"

#include <algorithm>
#include <map>

namespace assay::crypto {
namespace {

// Shapes of tables, the fastest first: windows of a scalar for the curves of NIST, bits of a window for Ed25519. What each costs and brings is in docs/BENCHMARKS.md.
struct Shape {
  int value;
  std::uint64_t bytes;
};

std::vector<Shape> shapes_of(const Kernels& kernels, KeyType type) {
  std::vector<Shape> shapes;
  const auto windows = [&](std::initializer_list<int> counts) {
    for (const int count : counts) shapes.push_back({count, ec::Table::bytes_of(kernels.ec, type, count)});
  };
  switch (type) {
    case KeyType::p256: windows({24, 28, 32, 37}); break;
    case KeyType::p384: windows({42, 48, 55}); break;
    case KeyType::p521: windows({58, 66, 75}); break;
    case KeyType::ed25519:
      for (const unsigned width : {8U, 7U, 6U}) shapes.push_back({static_cast<int>(width), ed25519::Table::bytes_of(width)});
      break;
    case KeyType::unset:
    case KeyType::rsa: break;
  }
  return shapes;
}

bool has_table(const KeyMaterial& key) noexcept { return key.ec_table() != nullptr || key.ed25519_table() != nullptr; }

}  // namespace

TableBuilder::TableBuilder(const Levels& levels, CurveTables& curves) : curves_(curves) {
  std::ranges::transform(levels, kernels_.begin(), Kernels::of);
}

const Kernels* TableBuilder::kernels_of(KeyType type) const noexcept {
  const auto at = [this](std::size_t i) { return kernels_[i] ? &*kernels_[i] : nullptr; };
  switch (type) {
    case KeyType::p256: return at(0);
    case KeyType::p384: return at(1);
    case KeyType::p521: return at(2);
    case KeyType::ed25519: return at(3);
    case KeyType::unset:
    case KeyType::rsa: break;
  }
  return nullptr;
}

bool TableBuilder::is_wanted(const KeyMaterial& key) const noexcept { return kernels_of(key.type()) != nullptr && !has_table(key); }

bool TableBuilder::build_curve(KeyType type) {
  const Kernels* kernels = kernels_of(type);
  if (type == KeyType::ed25519) {
    if (curves_.ed25519() != nullptr) return false;
    auto table = ed25519::Table::make_base(curves_.memory(), *kernels->ed25519);
    curve_bytes_ += table->bytes();
    curves_.attach(std::move(table));
    return true;
  }
  if (curves_.ec(type) != nullptr) return false;
  const int windows = type == KeyType::p256 ? ec::kBaseWindowsP256 : type == KeyType::p384 ? ec::kBaseWindowsP384 : ec::kBaseWindowsP521;
  auto table = ec::Table::make_base(curves_.memory(), kernels->ec, type, windows);
  curve_bytes_ += table->bytes();
  curves_.attach(std::move(table));
  return true;
}

std::uint64_t TableBuilder::bytes_in_use(const std::size_t* source) const noexcept {
  std::uint64_t bytes = 0;
  for (const Made& made : made_) {
    if (!made.key.expired() && (source == nullptr || made.source == *source)) bytes += made.bytes;
  }
  return bytes;
}

bool TableBuilder::build_next(std::span<const TableWish> wishes, std::uint64_t budget_bytes) {
  std::erase_if(made_, [](const Made& made) { return made.key.expired(); });

  // A key in force at several places is one key, of its first source, used as often as all of them have used it.
  std::map<const KeyMaterial*, TableWish> wanted;
  for (const TableWish& wish : wishes) {
    if (!is_wanted(*wish.key)) continue;
    const auto [place, is_new] = wanted.emplace(wish.key.get(), wish);
    if (!is_new) place->second.uses += wish.uses;
  }
  keys_without_ = wanted.size();
  if (wanted.empty()) return false;
  std::vector<const TableWish*> in_turn;
  bool several_sources = false;
  for (const auto& [key, wish] : wanted) {
    in_turn.push_back(&wish);
    several_sources = several_sources || wish.source != in_turn.front()->source;
  }
  std::ranges::sort(in_turn, [](const TableWish* a, const TableWish* b) { return a->uses != b->uses ? a->uses > b->uses : a->key->fingerprint() < b->key->fingerprint(); });
  // Until its own table is there a curve's keys are verified by the reference engine.
  for (const TableWish* wish : in_turn) {
    if (build_curve(wish->key->type())) return true;
  }

  const std::uint64_t used = bytes_in_use();
  if (used >= budget_bytes) return false;
  const std::uint64_t room = budget_bytes - used;
  const std::uint64_t share = room / in_turn.size();
  for (const TableWish* wish : in_turn) {
    std::uint64_t most = room;
    if (several_sources) {
      const std::uint64_t of_source = bytes_in_use(&wish->source);
      most = std::min(most, budget_bytes / 4 > of_source ? budget_bytes / 4 - of_source : 0);
    }
    const Kernels* kernels = kernels_of(wish->key->type());
    const std::vector<Shape> shapes = shapes_of(*kernels, wish->key->type());
    auto shape = std::ranges::find_if(shapes, [&](const Shape& s) { return s.bytes <= std::min(share, most); });
    if (shape == shapes.end()) shape = shapes.end() - 1;  // more than its share, rather than none
    if (shape->bytes > most) continue;
    const KeyMaterial& key = *wish->key;
    if (key.type() == KeyType::ed25519) {
      key.attach(ed25519::Table::make(curves_.memory(), *kernels->ed25519, *key.ed25519(), static_cast<unsigned>(shape->value)));
    } else {
      key.attach(ec::Table::make(curves_.memory(), kernels->ec, key.type(), shape->value, key.first(), key.second()));
    }
    made_.push_back({wish->key, wish->source, shape->bytes});
    --keys_without_;
    return true;
  }
  return false;
}

TableFigures TableBuilder::figures() const {
  TableFigures figures{.curve_bytes = curve_bytes_, .keys_without = keys_without_};
  for (const Made& made : made_) {
    if (made.key.expired()) continue;
    ++figures.tables;
    figures.bytes += made.bytes;
  }
  return figures;
}

}  // namespace assay::crypto
