// Private to ed25519: the points that the windows of a table start from. Both builders use it.
#pragma once

#include "crypto/ed25519/table.h"

namespace assay::crypto::ed25519 {

// window_points(point, windows, points): points[i] = 2^(width i) point, affine.
void window_points(const AffinePoint& point, const Windows& windows, AffinePoint (&points)[kWindowsMax]) noexcept;

}  // namespace assay::crypto::ed25519
