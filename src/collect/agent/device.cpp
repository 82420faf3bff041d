// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/device.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/gzip.h"
#include "collect/agent/access_key.h"
#include "collect/agent/command.h"
#include "collect/agent/state.h"

namespace sekisho {
namespace {

namespace fs = std::filesystem;

/// Of reports before compression, in one sending.
constexpr std::size_t kSendingBytes = std::size_t{2} << 20U;
/// Numbers are taken from the disk so many at a time, and more when half are used: an agent whose
/// disk is full goes on numbering for a week.
constexpr std::int64_t kNumbers = 10'000;
constexpr std::size_t kMostToldBytes = std::size_t{256} << 10U;
/// How often a report is tried to be read before it is put aside.
constexpr int kMostReadings = 10;

/// The authority that a link names, from its server.
Result<std::string> known_authority(Net& net, const EnrolmentLink& link) {
  auto pem = body_of(net.exchange({link.server, {}, {}, nullptr},
                                  {.path = "/agent/v1/authority", .body = {}, .most = 16'384}),
                     link.server);
  if (!pem) return pem;
  const auto certificate = read_certificate(*pem);
  if (!certificate) return std::unexpected(certificate.error());
  if (certificate->fingerprint != link.authority)
    return failure("つながった先は、リンクを作ったサーバーではありません。登録をやめました。",
                   "what answered is not the server that made the link; nothing was enrolled.",
                   link.server);
  return pem;
}

/// A certificate of one's own, and whom to believe from now on, as a server gives them: the
/// successor of an authority comes long before it is used.
struct Given {
  Certificate own;
  std::string authorities;  // PEM; empty: the server is older and says nothing of them
};
Result<Given> read_given(const std::string& pem) {
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----\n";
  constexpr int kMostAuthorities = 8;
  auto own = read_certificate(pem);
  if (!own) return std::unexpected(own.error());
  Given given{std::move(*own), {}};
  std::size_t from = pem.find(kEnd);
  for (int i = 0; from != std::string::npos && i < kMostAuthorities; ++i) {
    from += kEnd.size();
    if (pem.find(kEnd, from) == std::string::npos) break;
    const auto one = read_certificate(pem.substr(from));
    if (!one) return std::unexpected(one.error());
    given.authorities += one->pem;
    from = pem.find(kEnd, from);
  }
  return given;
}

bool has(const std::vector<std::string>& names, const fs::path& name) {
  return std::ranges::find(names, name.string()) != names.end();
}

std::unexpected<Error> already_running(const fs::path& folder) {
  return failure(
      fmt::format("別の {0} が動いていて、報告はそれがします（様子は {0} status で）。",
                  agent_command()),
      fmt::format("another {0} is running, and reports (see {0} status).", agent_command()),
      folder.string());
}

}  // namespace

struct Device::Impl {
  fs::path folder;
  Disk& disk;
  Net& net;
  std::shared_ptr<void> lock;
  AgentState state;  // as it is on the disk
  KeyPair key;
  Certificate certificate;
  ReportQueue queue;

  std::int64_t next =
      0;                // the number of the next report; those from state.next on are not ours yet
  bool unsure = false;  // what is on the disk may be older or newer than `state`
  bool forgotten = false;  // the content that `state` names is not in place
  struct Held {
    std::int64_t sequence = 0;
    SignedReport report;
  };
  std::optional<Held> held = {};            // the newest report, where the disk had no room for it
  std::map<std::int64_t, int> unread = {};  // how often reports could not be read

  /// What to write next: begins as what is there.
  AgentState changed() const {
    AgentState next_state = state;
    if (forgotten) next_state.content.clear();
    return next_state;
  }
  Result<void> keep(AgentState wanted);
  Result<void> take_numbers();
  Result<std::string> ask(const NetRequest& request, Time now);
  struct Load {
    Delivery delivery;
    std::vector<std::int64_t> sequences;
    bool held_up = false;  // what follows can't be read now
    bool with_held = false;
  };
  Load load(const std::vector<std::int64_t>& waiting, std::size_t& at, Time now, Sent& sent);
  void put_aside(std::int64_t sequence, Sent& sent) const;
};

/// After this `state` is what the disk has, whether it was written or not: a turn that is shown
/// without being kept would be another's after a crash.
Result<void> Device::Impl::keep(AgentState wanted) {
  auto written = disk.write(state_file(folder), write_state(wanted));
  if (written) {
    state = std::move(wanted);
    unsure = false;
    return {};
  }
  auto there = read_state(disk, folder);
  unsure = !there;
  if (there) state = std::move(*there);
  return written;
}

/// A number is used up on the disk before it is used: none is ever used twice.
Result<void> Device::Impl::take_numbers() {
  const bool enough = next != 0 && state.next - next > kNumbers / 2;
  if (enough) return {};
  AgentState wanted = changed();
  const std::int64_t first = next != 0 ? next : wanted.next;
  wanted.next = std::max(wanted.next, first) + kNumbers;
  if (auto kept = keep(std::move(wanted)); !kept)
    return next != 0 && next < state.next ? Result<void>() : kept;
  next = first;
  return {};
}

Result<std::string> Device::Impl::ask(const NetRequest& request, Time now) {
  auto answer = ask_as(net, state, key, request, now);
  if (answer && !answer->as_before.empty()) {
    AgentState wanted = changed();
    take_certificate(wanted, answer->as_before);
    // Where it can't be kept the next request finds the same way.
    if (const auto before = read_certificate(wanted.certificate); before && keep(wanted))
      certificate = *before;
    // What it has forgotten of this one, it has of the other.
    disk.remove(access_certificate_file(folder));
  }
  auto body = body_of(
      answer ? Result<ServerReply>(std::move(answer->reply)) : std::unexpected(answer.error()),
      state.server);
  if (!body && certificate.not_after <= now)
    return failure(
        fmt::format("この端末の証明書は {} に切れました。コンソールで新しいリンクを作り、{} enrol "
                    "--again リンク で登録し直してください（時計が合っていれば）。",
                    format_day(Calendar::here(certificate.not_after).day(certificate.not_after)),
                    agent_command()),
        fmt::format("this device's certificate ended on {}: unless its clock is wrong, make a new "
                    "link in the console and run {} enrol --again LINK.",
                    format_day(Calendar::here(certificate.not_after).day(certificate.not_after)),
                    agent_command()),
        state.server);
  return body;
}

Device::Device(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Device::~Device() = default;
Device::Device(Device&&) noexcept = default;
Device& Device::operator=(Device&&) noexcept = default;

Result<Device> Device::enrol(const fs::path& folder, const EnrolmentLink& link,
                             const MachineFacts& facts, Enrolling how, Disk& disk, Net& net) {
  if (auto made = disk.make_folder(folder); !made) return std::unexpected(made.error());
  auto lock = disk.lock(folder / "lock");
  if (!lock) return already_running(folder);
  if (auto moved = move_in(disk, folder); !moved) return std::unexpected(moved.error());
  const auto there = disk.list(folder);
  if (!there) return std::unexpected(there.error());
  if (how == Enrolling::first && has(*there, state_file(folder).filename()))
    return failure("この端末はもう登録されています。登録し直すなら --again を付けてください。",
                   "this device is enrolled already; to enrol it again add --again.",
                   folder.string());
  auto authority = known_authority(net, link);
  if (!authority) return std::unexpected(authority.error());
  auto in_tpm = KeyPair::make_in_tpm();
  const auto key = in_tpm ? Result<KeyPair>(std::move(*in_tpm)) : KeyPair::make();
  if (!key) return std::unexpected(key.error());
  // The key is on the disk before the server knows of it: the code works only once.
  const fs::path coming = coming_folder(folder);
  if (auto made = disk.make_folder(coming); !made) return std::unexpected(made.error());
  if (auto kept = disk.write(key_file(coming), key->pem()); !kept)
    return std::unexpected(kept.error());
  const auto answer =
      body_of(net.exchange({link.server, *authority, {}, nullptr},
                           {.path = "/agent/v1/enrol",
                            .body = write_enrolment({link.code, key->request(), facts.host,
                                                     facts.machine, facts.system})}),
              link.server);
  if (!answer) return std::unexpected(answer.error());
  const auto enrolled = read_enrolled(*answer);
  if (!enrolled) return std::unexpected(enrolled.error());
  AgentState state;
  state.server = link.server;
  state.device = enrolled->device;
  const auto given = read_given(enrolled->certificate);
  if (!given) return std::unexpected(given.error());
  state.authority = given->authorities.empty() ? *authority : given->authorities;
  state.certificate = given->own.pem;
  state.turn = enrolled->turn;
  state.content_key = enrolled->content_key;
  if (auto kept = disk.write(state_file(coming), write_state(state)); !kept)
    return std::unexpected(kept.error());
  lock.reset();
  return open(folder, disk, net);
}

Result<Device> Device::open(const fs::path& folder, Disk& disk, Net& net) {
  // Before anything is read: whoever holds it may still be writing.
  auto lock = disk.lock(folder / "lock");
  if (!lock) {
    const auto there = read_state(disk, folder);
    return there ? already_running(folder) : std::unexpected(there.error());
  }
  if (auto moved = move_in(disk, folder); !moved) return std::unexpected(moved.error());
  auto state = read_state(disk, folder);
  if (!state) return std::unexpected(state.error());
  auto key = read_key(disk, folder);
  if (!key) return std::unexpected(key.error());
  auto certificate = read_certificate(state->certificate);
  if (!certificate) return std::unexpected(certificate.error());
  for (const fs::path& one : {folder, folder / "queue", coming_folder(folder)}) disk.tidy(one);
  return Device(std::unique_ptr<Impl>(new Impl{.folder = folder,
                                               .disk = disk,
                                               .net = net,
                                               .lock = std::move(lock),
                                               .state = std::move(*state),
                                               .key = std::move(*key),
                                               .certificate = std::move(*certificate),
                                               .queue = ReportQueue(folder / "queue", disk)}));
}

Result<Device::Glance> Device::glance(const fs::path& folder, Disk& disk) {
  const auto state = read_state(disk, folder);
  if (!state) return std::unexpected(state.error());
  const auto key = read_key(disk, folder);
  if (!key) return std::unexpected(key.error());
  const auto certificate = read_certificate(state->certificate);
  if (!certificate) return std::unexpected(certificate.error());
  const auto waiting = ReportQueue(folder / "queue", disk).waiting();
  if (!waiting) return std::unexpected(waiting.error());
  const bool running = disk.lock(folder / "lock") == nullptr;
  Glance seen{state->device,          state->server,   key->in_tpm(),
              certificate->not_after, waiting->size(), running};
  if (const auto text = disk.read(told_file(folder), kMostToldBytes))
    if (auto told = read_told(*text)) seen.told = std::move(*told);
  return seen;
}

const std::string& Device::id() const { return impl_->state.device; }
const std::string& Device::server() const { return impl_->state.server; }
bool Device::key_in_tpm() const { return impl_->key.in_tpm(); }
Time Device::certificate_ends() const { return impl_->certificate.not_after; }

Result<std::size_t> Device::waiting() const {
  const auto list = impl_->queue.waiting();
  if (!list) return std::unexpected(list.error());
  return list->size() + (impl_->held ? 1 : 0);
}

Result<void> Device::add(const MachineFacts& facts, Time observed_at,
                         std::vector<AgentRecord> records) {
  Impl& me = *impl_;
  if (auto taken = me.take_numbers(); !taken) return taken;
  const std::int64_t sequence = me.next++;
  const std::string body = write_report({me.state.device, sequence, observed_at, facts.host,
                                         facts.machine, facts.system, std::move(records)});
  SignedReport report{body, base64url(me.key.sign(body))};
  // In the order in which they were made; what there is still no room for gives way to the newest.
  if (me.held && me.queue.add(me.held->sequence, me.held->report)) me.held.reset();
  auto added = me.queue.add(sequence, report);
  if (added)
    me.held.reset();
  else
    me.held = Impl::Held{sequence, std::move(report)};
  return added;
}

void Device::Impl::put_aside(std::int64_t sequence, Sent& sent) const {
  const auto moved = queue.set_aside(sequence);
  sent.troubles.push_back(
      {{fmt::format("送信待ちの報告 {} が壊れていて読めません。queue.broken に移しました。",
                    sequence),
        fmt::format("report {} that waited is damaged and cannot be read; it was put into "
                    "queue.broken.",
                    sequence)},
       folder.string()});
  if (!moved) sent.troubles.back() = moved.error();
}

/// As much of what waits from `at` on as goes into one sending.
Device::Impl::Load Device::Impl::load(const std::vector<std::int64_t>& waiting, std::size_t& at,
                                      Time now, Sent& sent) {
  Load load{{now, state.turn, {}, key.in_tpm()}, {}};
  std::size_t bytes = 0;
  const auto room = [&] {
    return load.delivery.reports.size() < kMostReports && bytes < kSendingBytes;
  };
  for (; at < waiting.size() && room(); ++at) {
    const std::int64_t sequence = waiting[at];
    auto report = queue.at(sequence);
    if (report) {
      bytes += report->body.size();
      load.delivery.reports.push_back(std::move(*report));
      load.sequences.push_back(sequence);
      continue;
    }
    if (report.error() == Unsendable::gone) continue;
    if (report.error() == Unsendable::not_now && ++unread[sequence] < kMostReadings) {
      load.held_up = true;
      sent.troubles.push_back({{"送信待ちの報告を今は読めません。後でもう一度試します。",
                                "a report that waits cannot be read now; it is tried again later."},
                               folder.string()});
      return load;
    }
    put_aside(sequence, sent);
  }
  if (held && at == waiting.size() && room()) {
    load.delivery.reports.push_back(held->report);
    load.with_held = true;
  }
  return load;
}

Result<Device::Sent> Device::send(Time now) {
  Impl& me = *impl_;
  if (me.unsure)
    if (auto kept = me.keep(me.changed()); !kept) return std::unexpected(kept.error());
  Sent sent;
  const auto waiting = me.queue.waiting();
  if (!waiting) return std::unexpected(waiting.error());
  for (std::size_t at = 0; at < waiting->size() || me.held;) {
    const Impl::Load load = me.load(*waiting, at, now, sent);
    if (load.delivery.reports.empty()) break;
    const auto answer = me.ask({.path = "/agent/v1/reports",
                                .body = gzip(write_delivery(load.delivery), 6),
                                .gzipped = true,
                                .most = 262'144},
                               now);
    if (!answer) return std::unexpected(answer.error());
    auto receipt = read_receipt(*answer);
    if (!receipt) return std::unexpected(receipt.error());
    // A turn that can't be kept is not shown: the server takes the one before it as well.
    AgentState wanted = me.changed();
    wanted.turn = receipt->turn;
    if (auto kept = me.keep(std::move(wanted)); !kept) sent.troubles.push_back(kept.error());
    for (const std::int64_t sequence : load.sequences) me.queue.remove(sequence);
    if (load.with_held) me.held.reset();
    sent.reports += load.delivery.reports.size();
    sent.refused.insert(sent.refused.end(), receipt->refused.begin(), receipt->refused.end());
    sent.software = receipt->software;
    sent.content_changed = !receipt->content.empty() && receipt->content != me.changed().content;
    if (load.held_up || me.unsure) break;
  }
  return sent;
}

Result<void> Device::send_software(const std::string& sbom, Time now) {
  const std::string body = write_software_list({impl_->state.device, now, sbom});
  const auto answer =
      impl_->ask({.path = "/agent/v1/software",
                  .body = gzip(write_signed({body, base64url(impl_->key.sign(body))}), 6),
                  .gzipped = true},
                 now);
  return answer ? Result<void>() : std::unexpected(answer.error());
}

Result<ServerReply> Device::wait_for_word(const std::string& since,
                                          const std::stop_token& quit) const {
  constexpr std::chrono::seconds kSlack{60};
  // Read each time: meanwhile there may be another certificate.
  const auto state = read_state(impl_->disk, impl_->folder);
  if (!state) return std::unexpected(state.error());
  const auto key = read_key(impl_->disk, impl_->folder);
  if (!key) return std::unexpected(key.error());
  auto answer = ask_as(impl_->net, *state, *key,
                       {.path = "/agent/v1/wait?since=" + since,
                        .body = {},
                        .most = kMostToldBytes,
                        .patience = kHeldFor + kSlack,
                        .quit = quit},
                       now());
  if (!answer) return std::unexpected(answer.error());
  return std::move(answer->reply);
}

Result<void> Device::keep_told(const std::optional<Told>& told) {
  const fs::path file = told_file(impl_->folder);
  if (told) return impl_->disk.write(file, write_told(*told));
  impl_->disk.remove(file);
  return {};
}

Result<bool> Device::renew_if_due(Time now) {
  Impl& me = *impl_;
  // With one that has ended nobody is let in to ask for the next.
  if (me.certificate.not_after - now > kRenewBefore || me.certificate.not_after <= now)
    return false;
  const auto answer =
      me.ask({.path = "/agent/v1/renew", .body = write_renewal(me.key.request())}, now);
  if (!answer) return std::unexpected(answer.error());
  auto given = read_given(*answer);
  if (!given) return std::unexpected(given.error());
  if (given->own.public_key != me.key.public_key())
    return failure("届いた証明書は、この端末の鍵のものではありません。",
                   "the certificate that came is not for this device's key.");
  AgentState wanted = me.changed();
  take_certificate(wanted, given->own.pem);
  if (!given->authorities.empty()) wanted.authority = given->authorities;
  if (auto kept = me.keep(std::move(wanted)); !kept) return std::unexpected(kept.error());
  me.certificate = std::move(given->own);
  return true;
}

Result<bool> Device::renew_access_if_due(Time now) {
  Impl& me = *impl_;
  if (const auto there = read_access_key(me.disk, me.folder);
      there && there->certificate.not_after - now > kRenewBefore)
    return false;
  const auto key = access_key_to_certify(me.disk, me.folder);
  if (!key) return std::unexpected(key.error());
  const auto answer =
      ask_as(me.net, me.state, me.key,
             {.path = "/agent/v1/access", .body = write_renewal(key->request())}, now);
  constexpr long kNotThere = 404;
  if (answer && answer->reply.status == kNotThere) return false;
  const auto pem =
      body_of(answer ? Result<ServerReply>(answer->reply) : std::unexpected(answer.error()),
              me.state.server);
  if (!pem) return std::unexpected(pem.error());
  const auto given = read_certificate(*pem);
  if (!given) return std::unexpected(given.error());
  if (given->public_key != key->public_key())
    return failure("届いた証明書は、この端末の鍵のものではありません。",
                   "the certificate that came is not for this device's key.");
  if (auto kept = me.disk.write(access_certificate_file(me.folder), given->pem); !kept)
    return std::unexpected(kept.error());
  return true;
}

Result<Device::Fetched> Device::fetch_content(Time now) {
  const auto answer =
      impl_->ask({.path = "/agent/v1/content", .body = {}, .most = 2 * kMostContentBytes}, now);
  if (!answer) return std::unexpected(answer.error());
  const auto content = read_content(*answer);
  if (!content) return std::unexpected(content.error());
  if (!signature_valid(impl_->state.content_key, content->body, content->signature))
    return failure("届いた確認内容の署名が正しくありません。使いません。",
                   "the content that came is not signed by this server; it is not used.");
  auto files = read_content_files(content->body);
  if (!files) return std::unexpected(files.error());
  return Fetched{std::move(*files), content_version(content->body)};
}

Result<void> Device::took_content(const std::string& version) {
  impl_->forgotten = false;
  AgentState wanted = impl_->state;
  wanted.content = version;
  return impl_->keep(std::move(wanted));
}

Result<void> Device::forget_content() {
  impl_->forgotten = true;
  return impl_->keep(impl_->changed());
}

Result<ServerReply> ask_as_device(const fs::path& folder, const std::string& path,
                                  const std::string& body, std::size_t most) {
  // Read each time: the agent may have got its next certificate.
  const auto state = read_state(real_disk(), folder);
  if (!state) return std::unexpected(state.error());
  const auto key = read_key(real_disk(), folder);
  if (!key) return std::unexpected(key.error());
  auto answer = ask_as(real_net(), *state, *key,
                       {path, body.empty() ? body : gzip(body, 6), !body.empty(), most}, now());
  if (!answer) return std::unexpected(answer.error());
  return std::move(answer->reply);
}

}  // namespace sekisho
