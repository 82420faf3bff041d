// SPDX-License-Identifier: Apache-2.0
#include "server/api/signed.h"

#include <fmt/format.h>

namespace sekisho {
namespace {

/// A comment of the file's own language, in which the signature stands at the end.
struct Comment {
  std::string_view start;
  std::string_view end;
};
constexpr Comment kHtml{"<!-- sekisho-signature v1 key=", " -->\n"};
/// After %%EOF, and short enough for that to be found (ISO 32000-1, 7.5.5 and its notes).
constexpr Comment kPdf{"%sekisho-signature v1 key=", "\n"};
constexpr std::string_view kMiddle = " signature=";

const Comment& comment_of(std::string_view file) {
  return file.starts_with("%PDF-") ? kPdf : kHtml;
}

}  // namespace

Result<SigningKey> organisation_key(Database& db) {
  SigningKey key;
  const auto done = db.write([&]() -> Result<void> {
    const auto kept = settings(db);
    if (!kept) return std::unexpected(kept.error());
    if (kept->contains("signing.seed")) {
      key = {kept->at("signing.seed"), kept->at("signing.public")};
      return {};
    }
    key = new_signing_key();
    if (auto set = set_setting(db, "signing.seed", key.seed); !set) return set;
    return set_setting(db, "signing.public", key.public_key);
  });
  if (!done) return std::unexpected(done.error());
  return key;
}

std::string signed_file(std::string file, const SigningKey& key) {
  const Comment& comment = comment_of(file);
  if (!file.ends_with('\n')) file += '\n';
  const std::string signature = sign(key.seed, file);
  return fmt::format("{}{}{}{}{}{}", file, comment.start, key.public_key, kMiddle, signature,
                     comment.end);
}

std::string fingerprint(const std::string& public_key) {
  const std::string digest = hex(sha256(from_base64url(public_key).value_or("")));
  std::string out;
  for (std::size_t i = 0; i < 24; i += 4) out += (i == 0 ? "" : "-") + digest.substr(i, 4);
  return out;
}

Result<SignedBy> verify_signed(std::string_view text) {
  const auto unsigned_file = [] {
    return failure("署名がありません。Sekisho が出した報告ではないか、末尾が失われています。",
                   "there is no signature: this is no report of Sekisho's, or its end is missing.");
  };
  const Comment& comment = comment_of(text);
  const std::size_t start = text.rfind(comment.start);
  if (start == std::string_view::npos || !text.ends_with(comment.end)) return unsigned_file();
  const std::size_t after = start + comment.start.size();
  const std::string_view trailer = text.substr(after, text.size() - after - comment.end.size());
  const std::size_t middle = trailer.find(kMiddle);
  if (middle == std::string_view::npos) return unsigned_file();
  const std::string key(trailer.substr(0, middle));
  // Written in one way alone, so that whoever reads it by other means says the same.
  for (const std::string_view written :
       {std::string_view(key), trailer.substr(middle + kMiddle.size())})
    if (const auto bytes = from_base64url(written); !bytes || base64url(*bytes) != written)
      return unsigned_file();
  if (!signature_valid(key, text.substr(0, start), trailer.substr(middle + kMiddle.size())))
    return failure("署名と合いません。発行されたあとで変えられています。",
                   "the signature does not fit: it was changed after it was issued.");
  return SignedBy{key, fingerprint(key)};
}

}  // namespace sekisho
