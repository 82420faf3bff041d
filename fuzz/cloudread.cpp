// SPDX-License-Identifier: Apache-2.0
// A credential's file, and what a service answers: pages of anything at all.
#include "collect/cloudread/cloudread.h"

#include "base/text.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string text(text_of(data, size));
  const auto pem = [](const std::string&) -> Result<std::string> { return std::string("PEM"); };
  (void)read_cloud_credential(text, pem);

  const Time now = *parse_time("2026-11-27T00:00:00Z");
  std::size_t asked = 0;
  const CloudLine line{
      [&](const Outgoing& question) -> std::expected<Incoming, NotReached> {
        // A stranger's next page leads nowhere else, and comes to an end.
        const bool signs_in = !question.body.empty();
        require(signs_in || same_server(question.url, "https://graph.microsoft.com"));
        if (++asked > 40) return Incoming{404, ""};
        return signs_in ? Incoming{200, R"({"access_token":"t"})"} : Incoming{200, text};
      },
      [](std::chrono::seconds) {}, [&] { return now; }};
  if (const auto file = read_cloud(line, GraphCredential{"t", "c", "", "s"}); file)
    (void)read_clouds({*file}, {}, now);
  return 0;
}
