#include "collect/agent/device.h"

#include <algorithm>

#include <boost/json.hpp>

#include "base/crypto.h"
#include "base/gzip.h"
#include "collect/agent/transport.h"

namespace sekisho {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::size_t kMostStateBytes = 65'536;
/// Of reports before compression, in one sending.
constexpr std::size_t kSendingBytes = std::size_t{2} << 20U;

struct State {
  std::string server;
  std::string device;
  std::string authority;
  std::string certificate;
  std::string turn;
  std::string content_key;
  std::string content;
  std::int64_t next = 1;
};

std::string write_state(const State& state) {
  return json::serialize(json::object{{"server", state.server},
                                      {"device", state.device},
                                      {"authority", state.authority},
                                      {"certificate", state.certificate},
                                      {"turn", state.turn},
                                      {"content_key", state.content_key},
                                      {"content", state.content},
                                      {"next", state.next}});
}

Result<State> read_state(const fs::path& file) {
  const auto text = read_regular_file(file, kMostStateBytes);
  if (!text)
    return failure(
        "この端末はまだ登録されていません。sekisho agent enrol リンク で登録してください。",
        "this device is not enrolled; run sekisho agent enrol LINK.", file.parent_path().string());
  const auto document = parse_json(file.string(), *text);
  if (!document) return std::unexpected(document.error());
  std::vector<Error> problems;
  const Node node(*document, problems);
  const auto plain = [&](std::string_view key) {
    const auto* value = node.at(key).value().if_string();
    return value == nullptr ? std::string() : std::string(*value);
  };
  State state{plain("server"),    plain("device"),
              plain("authority"), plain("certificate"),
              plain("turn"),      plain("content_key"),
              plain("content"),   node.at("next").integer(1, INT64_MAX - 1)};
  if (!problems.empty()) return std::unexpected(first_of(problems));
  return state;
}

fs::path state_file(const fs::path& folder) { return folder / "device.json"; }
fs::path key_file(const fs::path& folder) { return folder / "device.key"; }

Result<KeyPair> read_key(const fs::path& folder) {
  const auto pem = read_regular_file(key_file(folder), kMostStateBytes);
  if (!pem)
    return failure("端末の鍵を読めません。管理者として実行してください。",
                   "the device's key cannot be read; run this as the administrator.",
                   key_file(folder).string());
  return KeyPair::from_pem(*pem);
}

/// The authority that a link names, from its server.
Result<std::string> known_authority(const EnrolmentLink& link) {
  auto pem = ask_authority(link.server);
  if (!pem) return pem;
  const auto certificate = read_certificate(*pem);
  if (!certificate) return std::unexpected(certificate.error());
  if (certificate->fingerprint != link.authority)
    return failure("つながった先は、リンクを作ったサーバーではありません。登録をやめました。",
                   "what answered is not the server that made the link; nothing was enrolled.",
                   link.server);
  return pem;
}

}  // namespace

struct Device::Impl {
  fs::path folder;
  std::unique_ptr<FileLock> lock;
  State state;
  KeyPair key;
  Certificate certificate;
  ReportQueue queue;

  Transport transport() const { return {state.server, state.authority, state.certificate, &key}; }
  Result<void> keep() const {
    return write_file_atomically(state_file(folder), write_state(state), 0600);
  }
};

Device::Device(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Device::~Device() = default;
Device::Device(Device&&) noexcept = default;
Device& Device::operator=(Device&&) noexcept = default;

Result<Device> Device::enrol(const fs::path& folder, const EnrolmentLink& link,
                             const MachineFacts& facts) {
  std::error_code error;
  if (fs::exists(state_file(folder), error))
    return failure("この端末はもう登録されています。やり直すなら、このフォルダーを消してください。",
                   "this device is enrolled already; to begin anew remove this folder.",
                   folder.string());
  if (auto made = make_private_folder(folder); !made) return std::unexpected(made.error());
  auto authority = known_authority(link);
  if (!authority) return std::unexpected(authority.error());
  auto in_tpm = KeyPair::make_in_tpm();
  const auto key = in_tpm ? Result<KeyPair>(std::move(*in_tpm)) : KeyPair::make();
  if (!key) return std::unexpected(key.error());
  // The key is on the disk before the server knows of it: the code works only once.
  if (auto kept = write_file_atomically(key_file(folder), key->pem(), 0600); !kept)
    return std::unexpected(kept.error());
  const Transport transport{link.server, *authority, {}, nullptr};
  const auto answer = transport.ask(
      "/agent/v1/enrol",
      write_enrolment({link.code, key->request(), facts.host, facts.machine, facts.system}), false,
      65'536);
  if (!answer) return std::unexpected(answer.error());
  const auto enrolled = read_enrolled(*answer);
  if (!enrolled) return std::unexpected(enrolled.error());
  const State state{link.server,    enrolled->device,      *authority, enrolled->certificate,
                    enrolled->turn, enrolled->content_key, {},         1};
  if (auto kept = write_file_atomically(state_file(folder), write_state(state), 0600); !kept)
    return std::unexpected(kept.error());
  return open(folder);
}

Result<Device> Device::open(const fs::path& folder) {
  auto state = read_state(state_file(folder));
  if (!state) return std::unexpected(state.error());
  auto key = read_key(folder);
  if (!key) return std::unexpected(key.error());
  auto certificate = read_certificate(state->certificate);
  if (!certificate) return std::unexpected(certificate.error());
  auto lock = std::make_unique<FileLock>(folder / "lock");
  if (!lock->held())
    return failure("別の sekisho agent が動いています。", "another sekisho agent is running.",
                   folder.string());
  return Device(
      std::make_unique<Impl>(Impl{folder, std::move(lock), std::move(*state), std::move(*key),
                                  std::move(*certificate), ReportQueue(folder / "queue")}));
}

const std::string& Device::id() const { return impl_->state.device; }
const std::string& Device::server() const { return impl_->state.server; }
bool Device::key_in_tpm() const { return impl_->key.in_tpm(); }
Time Device::certificate_ends() const { return impl_->certificate.not_after; }

Result<std::size_t> Device::waiting() const {
  const auto list = impl_->queue.waiting();
  if (!list) return std::unexpected(list.error());
  return list->size();
}

Result<void> Device::add(const MachineFacts& facts, Time observed_at,
                         std::vector<AgentRecord> records) {
  State& state = impl_->state;
  const std::int64_t sequence = state.next;
  // A number is used up before it is used: none is ever used twice.
  ++state.next;
  if (auto kept = impl_->keep(); !kept) return kept;
  const std::string body = write_report({state.device, sequence, observed_at, facts.host,
                                         facts.machine, facts.system, std::move(records)});
  return impl_->queue.add(sequence, {body, base64url(impl_->key.sign(body))});
}

Result<Device::Sent> Device::send(Time now) {
  Sent sent;
  auto waiting = impl_->queue.waiting();
  if (!waiting) return std::unexpected(waiting.error());
  std::size_t at = 0;
  while (at < waiting->size()) {
    Delivery delivery{now, impl_->state.turn, {}, impl_->key.in_tpm()};
    std::size_t bytes = 0;
    std::size_t next = at;
    for (;
         next < waiting->size() && delivery.reports.size() < kMostReports && bytes < kSendingBytes;
         ++next)
      if (auto report = impl_->queue.at((*waiting)[next])) {
        bytes += report->body.size();
        delivery.reports.push_back(std::move(*report));
      }
    const auto answer = impl_->transport().ask("/agent/v1/reports",
                                               gzip(write_delivery(delivery), 6), true, 262'144);
    if (!answer) return std::unexpected(answer.error());
    auto receipt = read_receipt(*answer);
    if (!receipt) return std::unexpected(receipt.error());
    // The turn is kept before anything leaves the queue: what is sent twice does no harm.
    impl_->state.turn = receipt->turn;
    if (auto kept = impl_->keep(); !kept) return std::unexpected(kept.error());
    for (; at < next; ++at) impl_->queue.remove((*waiting)[at]);
    sent.reports += delivery.reports.size();
    sent.refused.insert(sent.refused.end(), receipt->refused.begin(), receipt->refused.end());
    sent.software = receipt->software;
    sent.content_changed = !receipt->content.empty() && receipt->content != impl_->state.content;
  }
  return sent;
}

Result<void> Device::send_software(const std::string& sbom, Time now) {
  const std::string body = write_software_list({impl_->state.device, now, sbom});
  const auto answer = impl_->transport().ask(
      "/agent/v1/software", gzip(write_signed({body, base64url(impl_->key.sign(body))}), 6), true,
      65'536);
  return answer ? Result<void>() : std::unexpected(answer.error());
}

Result<bool> Device::renew_if_due(Time now) {
  if (impl_->certificate.not_after - now > kRenewBefore) return false;
  const auto answer =
      impl_->transport().ask("/agent/v1/renew", write_renewal(impl_->key.request()), false, 65'536);
  if (!answer) return std::unexpected(answer.error());
  auto certificate = read_certificate(*answer);
  if (!certificate) return std::unexpected(certificate.error());
  if (certificate->public_key != impl_->key.public_key())
    return failure("届いた証明書は、この端末の鍵のものではありません。",
                   "the certificate that came is not for this device's key.");
  impl_->certificate = std::move(*certificate);
  impl_->state.certificate = impl_->certificate.pem;
  if (auto kept = impl_->keep(); !kept) return std::unexpected(kept.error());
  return true;
}

Result<std::vector<ContentFile>> Device::fetch_content() {
  const auto answer = impl_->transport().ask("/agent/v1/content", {}, false, 2 * kMostContentBytes);
  if (!answer) return std::unexpected(answer.error());
  const auto content = read_content(*answer);
  if (!content) return std::unexpected(content.error());
  if (!signature_valid(impl_->state.content_key, content->body, content->signature))
    return failure("届いた確認内容の署名が正しくありません。使いません。",
                   "the content that came is not signed by this server; it is not used.");
  auto files = read_content_files(content->body);
  if (files) impl_->state.content = content_version(content->body);
  return files;
}

Result<void> Device::took_content() { return impl_->keep(); }

Result<void> Device::forget_content() {
  impl_->state.content.clear();
  return impl_->keep();
}

Result<ServerReply> ask_as_device(const fs::path& folder, const std::string& path,
                                  const std::string& body, std::size_t most) {
  // Read each time: the agent may have got its next certificate.
  const auto state = read_state(state_file(folder));
  if (!state) return std::unexpected(state.error());
  const auto key = read_key(folder);
  if (!key) return std::unexpected(key.error());
  return Transport{state->server, state->authority, state->certificate, &*key}.exchange(
      path, body.empty() ? body : gzip(body, 6), !body.empty(), most);
}

}  // namespace sekisho
