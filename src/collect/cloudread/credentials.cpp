// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/document.h"
#include "collect/cloudread/session.h"

namespace sekisho {
namespace {

constexpr std::size_t kLongestWord = 4'000;
using ReadPem = std::function<Result<std::string>(const std::string&)>;

/// One word of ASCII: it goes into headers and addresses.
std::string word_of(const Node& node) {
  std::string text = node.string();
  if (text.size() > kLongestWord ||
      !std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7F; })) {
    node.report("空白のない半角の英数字と記号で書いてください。", "write one word of ASCII.");
    text.clear();
  }
  return text;
}

std::string pem_of(const Node& node, const ReadPem& read_pem) {
  auto text = read_pem(node.string());
  if (text) return std::move(*text);
  node.report(text.error().message.ja, text.error().message.en);
  return {};
}

GraphCredential graph_of(const Node& node, const ReadPem& read_pem) {
  node.only({"service", "tenant", "client", "certificate", "secret"});
  GraphCredential one{word_of(node.at("tenant")), word_of(node.at("client")), {}, {}};
  const auto certificate = node.find("certificate");
  const auto secret = node.find("secret");
  if (certificate.has_value() == secret.has_value())
    node.report("certificate（証明書と鍵の PEM ファイル）か secret の一つを書いてください。",
                "give either certificate (a PEM file of certificate and key) or secret.");
  else if (certificate)
    one.certificate = pem_of(*certificate, read_pem);
  else
    one.secret = word_of(*secret);
  return one;
}

CloudCredential credential_of(const Node& node, const ReadPem& read_pem) {
  const std::string service = node.at("service").string();
  if (service == "microsoft365") return graph_of(node, read_pem);
  if (service == "google") {
    node.only({"service", "subject", "account", "key"});
    return GoogleCredential{word_of(node.at("subject")), word_of(node.at("account")),
                            pem_of(node.at("key"), read_pem)};
  }
  if (service == "zoom") {
    node.only({"service", "account", "client", "secret"});
    return ZoomCredential{word_of(node.at("account")), word_of(node.at("client")),
                          word_of(node.at("secret"))};
  }
  if (service == "webex") {
    node.only({"service", "site", "token"});
    return WebexCredential{word_of(node.at("site")), word_of(node.at("token"))};
  }
  if (service == "box") {
    node.only({"service", "enterprise", "client", "secret"});
    return BoxCredential{word_of(node.at("enterprise")), word_of(node.at("client")),
                         word_of(node.at("secret"))};
  }
  if (service == "github") {
    node.only({"service", "organization", "token"});
    return GithubCredential{word_of(node.at("organization")), word_of(node.at("token"))};
  }
  node.at("service").report("microsoft365、google、zoom、webex、box、github のいずれかです。",
                            "it is one of microsoft365, google, zoom, webex, box, github.");
  return {};
}

}  // namespace

Result<CloudCredential> read_cloud_credential(std::string_view text, const ReadPem& read_pem) {
  return read_json<CloudCredential>(
      text, {64'000, 100, 4}, [&](const Node& node) { return credential_of(node, read_pem); });
}

std::string_view service_of(const CloudCredential& credential) {
  return kReadableServices.at(credential.index());
}

Result<CloudFile> read_cloud(const CloudLine& line, const CloudCredential& credential) {
  struct Reads {
    const CloudLine& line;
    Result<CloudFile> operator()(const GraphCredential& one) const { return read_graph(line, one); }
    Result<CloudFile> operator()(const GoogleCredential& one) const {
      return read_google_workspace(line, one);
    }
    Result<CloudFile> operator()(const ZoomCredential& one) const {
      return read_zoom_account(line, one);
    }
    Result<CloudFile> operator()(const WebexCredential& one) const {
      return read_webex_site(line, one);
    }
    Result<CloudFile> operator()(const BoxCredential& one) const {
      return read_box_enterprise(line, one);
    }
    Result<CloudFile> operator()(const GithubCredential& one) const {
      return read_github_organization(line, one);
    }
  };
  return std::visit(Reads{line}, credential);
}

}  // namespace sekisho
