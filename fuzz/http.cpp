// Paths, queries, cookies and the encodings in them.
#include "server/http/http.h"

#include "fuzz.h"
#include "server/http/secrets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  if (const auto decoded = percent_decoded(text)) {
    require(is_valid_utf8(*decoded));
    require(percent_decoded(percent_encoded(*decoded)) == decoded);
  }
  if (const auto value = query_value(text, "after")) require(is_valid_utf8(*value));
  HttpRequest request;
  request.headers.emplace_back("cookie", text);
  require(request.cookie("sekisho").find(';') == std::string_view::npos);
  if (const auto bytes = from_base64url(text)) require(from_base64url(base64url(*bytes)) == bytes);
  return 0;
}
