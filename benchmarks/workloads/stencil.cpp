// SPDX-License-Identifier: GPL-2.0-or-later
// stencil DIR MIB: how heat spreads in a plate whose middle is hot.  In each step
// a cell becomes the mean of its neighbours, in blocks that are near something
// that is not cold: so what changes grows as the heat spreads.
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kBlock = 64;  // cells of its edge

class Plate {
 public:
  explicit Plate(std::size_t edge) : edge_(edge), now_(edge * edge), next_(edge * edge) {
    for (std::size_t row = edge / 2 - kBlock / 2; row < edge / 2 + kBlock / 2; ++row)
      for (std::size_t column = edge / 2 - kBlock / 2; column < edge / 2 + kBlock / 2; ++column)
        now_[row * edge + column] = next_[row * edge + column] = 100;
  }

  void step() {
    for (std::size_t row = kBlock; row + kBlock < edge_; row += kBlock)
      for (std::size_t column = kBlock; column + kBlock < edge_; column += kBlock)
        if (warm(row, column)) block(row, column);
    now_.swap(next_);
  }

 private:
  /// Whether anything at the edges of a block, or beside them, is.
  [[nodiscard]] bool warm(std::size_t row, std::size_t column) const {
    for (std::size_t n = 0; n < kBlock; ++n)
      if (cell(row + n, column - 1) + cell(row + n, column + kBlock) + cell(row - 1, column + n) +
              cell(row + kBlock, column + n) + cell(row + n, column + n) >
          1e-6)
        return true;
    return false;
  }

  [[nodiscard]] double cell(std::size_t row, std::size_t column) const {
    return now_[row * edge_ + column];
  }

  void block(std::size_t row, std::size_t column) {
    for (std::size_t r = row; r < row + kBlock; ++r)
      for (std::size_t c = column; c < column + kBlock; ++c)
        next_[r * edge_ + c] =
            (cell(r - 1, c) + cell(r + 1, c) + cell(r, c - 1) + cell(r, c + 1)) / 4;
  }

  std::size_t edge_;
  std::vector<double> now_, next_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const double cells = std::stod(argv[2]) * (1 << 20) / sizeof(double) / 2;
  Plate plate(static_cast<std::size_t>(std::sqrt(cells)) / kBlock * kBlock);
  std::ofstream(std::string(argv[1]) + "/pid") << getpid() << std::endl;
  for (;;) plate.step();
}
