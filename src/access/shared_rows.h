// SPDX-License-Identifier: Apache-2.0
// Rows of values that share what hasn't changed with those they were copied from: a copy costs as
// many pointers as there are pieces, and a change copies one piece.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace sekisho {

template <typename T>
class SharedRows {
 public:
  /// A piece has so many rows.
  static constexpr std::size_t kPiece = 256;

  /// `width`: values in a row.
  explicit SharedRows(std::size_t width = 1) : width_(width) {}

  std::size_t size() const { return size_; }
  std::size_t width() const { return width_; }
  const T* operator[](std::size_t row) const {
    return pieces_[row / kPiece].get() + row % kPiece * width_;
  }
  /// To be written to, by nobody else at the same time.
  T* change(std::size_t row) {
    std::shared_ptr<T[]>& piece = pieces_[row / kPiece];
    if (piece.use_count() > 1) {
      std::shared_ptr<T[]> own(new T[kPiece * width_]);
      std::copy_n(piece.get(), kPiece * width_, own.get());
      piece = std::move(own);
    }
    return piece.get() + row % kPiece * width_;
  }
  T* append() {
    if (size_ % kPiece == 0) pieces_.emplace_back(new T[kPiece * width_]);
    return change(size_++);
  }

 private:
  std::size_t width_ = 1;
  std::size_t size_ = 0;
  std::vector<std::shared_ptr<T[]>> pieces_;
};

}  // namespace sekisho
