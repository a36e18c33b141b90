// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/chain.h"

#include <utility>

#include "checkpoint/error.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

Error broken(const std::string& name, std::string problem) {
  return {Error::Kind::damaged, name, "the chain is broken: " + std::move(problem)};
}

template <typename T>
void check_same(const std::string& name, const char* what, const T& found, const T& expected) {
  if (found != expected)
    throw broken(name, str("another ", what, " than in the parent"))
        .found(str(found))
        .expected(str(expected));
}

/// Of Images, or their heads.
template <typename One>
void check_links(const std::vector<One>& images) {
  if (images.front().info().kind != Kind::full)
    throw broken(images.front().name(), "it begins with an inc")
        .found("inc on " + id_text(images.front().info().parent))
        .expected("a full image")
        .hint("name the full image first, then each inc in order; 'cpctl info' shows ids");
  for (std::size_t n = 1; n < images.size(); ++n) check_link(images[n - 1], images[n]);
}

}  // namespace

void check_link(const ImageHead& parent, const ImageHead& image) {
  check_link(parent.name(), parent.info(), image.name(), image.info());
}

void check_link(const std::string& parent_name, const Info& parent, const std::string& name,
                const Info& info) {
  if (info.kind == Kind::full)
    throw broken(name, "a full image behind another image")
        .found(info.asked_inc()
                   ? "a full image: asked for as an inc, when its range had no baseline"
                   : "a full image")
        .expected("inc")
        .hint("begin with this image: it holds everything");
  if (info.parent != parent.id)
    throw broken(name, str("its parent is not ", printable(parent_name)))
        .found("parent " + id_text(info.parent))
        .expected(id_text(parent.id))
        .hint("name the full image first, then each inc in order; 'cpctl info' shows ids");
  if (info.seq != parent.seq + 1)
    throw broken(name, "wrong sequence number").found(str(info.seq)).expected(str(parent.seq + 1));
  // Not the pid: processes may share their memory, and pid namespaces differ.
  check_same(name, "range", range_text(info.start, info.end), range_text(parent.start, parent.end));
}

Chain Chain::open(const std::vector<std::string>& paths, Steps& steps) {
  std::vector<Image> images;
  images.reserve(paths.size());
  for (const std::string& path : paths) images.push_back(Image::open(path, steps));
  return from_images(std::move(images));
}

Chain Chain::from_images(std::vector<Image> images) {
  if (images.empty()) throw usage_error("no image given");
  check_links(images);
  return Chain(std::move(images));
}

void check_chain(const std::vector<ImageHead>& images) {
  check_links(images);
  check_resolves(images);
}

std::uint64_t Chain::summed_bytes() const {
  std::uint64_t bytes = 0;
  for (const Image& image : images_) bytes += image.summed_bytes().size();
  return bytes;
}

void Chain::verify(const Advanced& advanced) const {
  for (const Image& image : images_) image.verify(advanced);
}

}  // namespace checkpoint
