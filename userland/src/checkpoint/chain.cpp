// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/chain.h"

#include <utility>

#include "checkpoint/error.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

Error broken(const Image& image, std::string problem) {
  return {Error::Kind::damaged, image.name(), "the chain is broken: " + std::move(problem)};
}

template <typename T>
void check_same(const Image& image, const char* what, const T& found, const T& expected) {
  if (found != expected)
    throw broken(image, str("another ", what, " than in the parent"))
        .found(str(found))
        .expected(str(expected));
}

}  // namespace

void check_link(const Image& parent, const Image& image) {
  const Info& mine = image.info();
  const Info& theirs = parent.info();
  if (mine.kind == Kind::full)
    throw broken(image, "a full image behind another image")
        .found(kind_text(mine.kind).data())
        .expected("inc")
        .hint("begin with this image: it holds everything");
  if (mine.parent != theirs.id)
    throw broken(image, str("its parent is not ", printable(parent.name())))
        .found("parent " + id_text(mine.parent))
        .expected(id_text(theirs.id))
        .hint("name the full image first, then each inc in order; 'cpctl info' shows ids");
  if (mine.seq != theirs.seq + 1)
    throw broken(image, "wrong sequence number").found(str(mine.seq)).expected(str(theirs.seq + 1));
  // Not the pid: processes may share their memory, and pid namespaces differ.
  check_same(image, "range", range_text(mine.start, mine.end),
             range_text(theirs.start, theirs.end));
}

Chain Chain::open(const std::vector<std::string>& paths) {
  std::vector<Image> images;
  images.reserve(paths.size());
  for (const std::string& path : paths) images.push_back(Image::open(path));
  return from_images(std::move(images));
}

Chain Chain::from_images(std::vector<Image> images) {
  if (images.empty()) throw usage_error("no image given");
  if (images.front().info().kind != Kind::full)
    throw broken(images.front(), "it begins with an inc")
        .found("inc on " + id_text(images.front().info().parent))
        .expected("a full image")
        .hint("name the full image first, then each inc in order; 'cpctl info' shows ids");
  for (std::size_t n = 1; n < images.size(); ++n) check_link(images[n - 1], images[n]);
  return Chain(std::move(images));
}

void Chain::verify(const Advanced& advanced) const {
  for (const Image& image : images_) image.verify(advanced);
}

}  // namespace checkpoint
