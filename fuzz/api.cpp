// SPDX-License-Identifier: Apache-2.0
// Requests of an administrator, one after another: blocks that an empty line ends, each a line
// "METHOD /path?query" and a body. Whatever they say, the server answers in its own words and never
// with a fault of its own.
#include <algorithm>
#include <array>
#include <memory>

#include "fuzz.h"
#include "office.h"

namespace sekisho {
namespace {

/// These would call other hosts or programs, or do nothing but hash passwords.
bool is_left_out(std::string_view target) {
  constexpr std::array<std::string_view, 6> kOut{"/notices/test",       "/sign-in",     "/setup",
                                                 "/invitations/accept", "/me/password", "pdf"};
  return std::ranges::any_of(
      kOut, [&](std::string_view out) { return target.find(out) != std::string_view::npos; });
}

struct World {
  Office office;
  Visitor admin = office.administrator();
};

void run(World& world, std::string_view block) {
  const std::size_t line = std::min(block.find('\n'), block.size());
  const std::string_view first = block.substr(0, line);
  const std::size_t space = first.find(' ');
  if (space == std::string_view::npos || is_left_out(first)) return;
  const std::string body(block.substr(std::min(line + 1, block.size())));
  const HttpReply reply = world.office.ask(
      world.admin, std::string(first.substr(0, space)), std::string(first.substr(space + 1)), body,
      {{"content-type", first.find("/attachments") != std::string_view::npos
                            ? "application/octet-stream"
                            : "application/json"}});
  require(reply.status >= 200 && reply.status < 500);
  for (const auto& [name, value] : reply.headers) {
    require(value.find_first_of("\r\n") == std::string::npos);
    if (name == "content-type" && value.find("json") != std::string::npos && reply.fixed.empty())
      require(parse_json("", reply.body, {std::size_t{16} << 20U, 1'000'000, 64}).has_value());
  }
}

}  // namespace
}  // namespace sekisho

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  static std::unique_ptr<World> world;
  static int left = 0;
  if (left-- == 0) {
    world = std::make_unique<World>();
    left = 2000;
  }
  std::string_view text = text_of(data, size);
  for (int i = 0; i < 8 && !text.empty(); ++i) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    run(*world, text.substr(0, end));
    text.remove_prefix(std::min(end + 2, text.size()));
    // Nobody is written to: what was set up for mail and webhooks is taken back.
    (void)world->office.ask(
        world->admin, "PUT", "/notices",
        R"({"smtp":{"url":"","from":"","user":"","password":null},"hooks":[]})");
  }
  world->office.time += std::chrono::seconds(61);
  // Whoever signed themselves out starts anew.
  if (world->office.ask(world->admin, "GET", "/me").status != 200) left = 0;
  return 0;
}
