#include "crypto/ed25519/ifma_field_probe.h"

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512IFMA__)

#include "crypto/ed25519/ifma.h"

namespace assay::crypto::ed25519 {

namespace {

Lanes::Element loaded(const IfmaLimbs& from) {
  Lanes::Element to;
  for (int i = 0; i < 5; ++i) to.limb[i] = _mm512_load_si512(from.limb[i]);
  return to;
}

void store(IfmaLimbs& to, const Lanes::Element& from) {
  for (int i = 0; i < 5; ++i) _mm512_store_si512(to.limb[i], from.limb[i]);
}

}  // namespace

bool probe_ifma(IfmaOperation operation, IfmaLimbs& r, const IfmaLimbs& a, const IfmaLimbs& b) {
  const Lanes::Element x = loaded(a);
  const Lanes::Element y = loaded(b);
  Lanes::Columns left, right, result;
  Lanes::columns(left, x);
  Lanes::columns(right, y);
  switch (operation) {
    case IfmaOperation::product: Lanes::multiply(result, x, y); break;
    case IfmaOperation::sum: Lanes::add(result, left, right); break;
    case IfmaOperation::difference: Lanes::subtract(result, left, right); break;
  }
  Lanes::Element carried;
  Lanes::carry(carried, result);
  store(r, carried);
  return true;
}

bool probe_ifma_load(IfmaLimbs& minus, IfmaLimbs& plus, IfmaLimbs& t, const TableEntry* const* entries, unsigned negative) {
  LanePoints::Halved q;
  load(q, entries, static_cast<__mmask8>(negative));
  store(minus, q.minus);
  store(plus, q.plus);
  store(t, q.t);
  return true;
}

}  // namespace assay::crypto::ed25519

#else

namespace assay::crypto::ed25519 {

bool probe_ifma(IfmaOperation, IfmaLimbs&, const IfmaLimbs&, const IfmaLimbs&) { return false; }
bool probe_ifma_load(IfmaLimbs&, IfmaLimbs&, IfmaLimbs&, const TableEntry* const*, unsigned) { return false; }

}  // namespace assay::crypto::ed25519

#endif
